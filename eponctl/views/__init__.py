"""What the outside may see of the state: pure functions from states to records."""
