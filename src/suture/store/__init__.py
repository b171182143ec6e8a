"""PostgreSQL: where it comes from, its tables, and every SQL statement, one file per aggregate."""
