"""What `scripts/soak` runs: slow or dying mail servers, kill -9, repeated signals; days in which anything happens."""
