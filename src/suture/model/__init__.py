"""The nouns of the domain with their invariants: frozen, typed, free of clocks, networks and databases."""
