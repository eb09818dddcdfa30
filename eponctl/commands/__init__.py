"""One verb per file; each returns a result and prints nothing."""
