"""The catalogue in a PostgreSQL that several machines share. Loaded for these alone."""
