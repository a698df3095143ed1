"""What was done with a resident's cameras, written where the resident can read it."""
