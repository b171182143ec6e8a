"""Texts and calls by those who carry both."""
