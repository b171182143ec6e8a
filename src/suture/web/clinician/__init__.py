"""For a clinician who has proven who she is: her own day, with names and addresses, and what she says of it."""
