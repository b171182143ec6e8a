"""Adapters by which the agency's people sign in somewhere else."""
