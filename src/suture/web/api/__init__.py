"""For programs: JSON under /api/v1, behind a bearer token."""
