"""From problem to plan: first pass, repair, explanations. Pure."""
