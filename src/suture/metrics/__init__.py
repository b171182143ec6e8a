"""Fill rate, no-show rate and time-to-reassign as pure functions over the event log."""
