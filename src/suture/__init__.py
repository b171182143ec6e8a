"""Suture: home-health scheduling that repairs the day when reality changes."""

__version__ = "0.1.0"
