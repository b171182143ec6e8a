"""The search for problems without links: slack induction by string removals (SISR) over linked rows."""
