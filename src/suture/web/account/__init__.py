"""Signing in, one's own account, and who else may sign in: for everyone who works here."""
