"""Systems of record: where demand and roster come from."""
