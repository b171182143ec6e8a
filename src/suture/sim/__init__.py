"""Seeded agencies and mornings, played on a virtual clock with the same code."""
