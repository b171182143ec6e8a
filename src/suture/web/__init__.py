"""The API, the desk and the pages behind links: one package an audience."""
