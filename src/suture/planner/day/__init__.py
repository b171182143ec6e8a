"""One branch-day as a planning problem: what is fact, what people were told, and the way back to a plan."""
