"""Adapters: one folder each; they see only `ports` and `model`."""
