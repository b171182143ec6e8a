"""What providers call: one address a connection."""
