"""For the coordinator: the board, the demo's inbox, the day on paper."""
