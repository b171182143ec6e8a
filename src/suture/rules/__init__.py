"""The rulebook: kinds of rule, loading and checking, and what they say of a pair. Pure."""
