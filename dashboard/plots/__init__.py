"""Pure functions from arrays to pictures; none knows of a server."""
