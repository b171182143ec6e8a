"""Driving times from the distance alone."""
