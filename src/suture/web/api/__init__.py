"""For programs: JSON under /api/v1, each by a key of its own."""
