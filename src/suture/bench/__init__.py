"""Measurements on shared instances: what the planner and the rulebook promise, printed by a command."""
