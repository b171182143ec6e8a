"""Demand and roster from a folder of CSV files."""
