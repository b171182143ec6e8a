"""Measurements on shared public instances: what the planner promises, printed by a command and checked from outside."""
