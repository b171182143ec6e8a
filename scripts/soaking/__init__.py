"""What `scripts/soak` runs: a real installation under a slow or dying mail server, kill -9, and repeated signals."""
