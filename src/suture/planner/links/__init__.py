"""The search for linked visits, waiting, idle, several soft windows: SISR with starts pushed through links."""
