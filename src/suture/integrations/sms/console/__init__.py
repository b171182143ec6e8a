"""Text messages that stay on this machine."""
