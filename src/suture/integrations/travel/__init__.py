"""Driving times."""
