"""Who hears what, when, on which channel, and what an answer means. Pure."""
