"""What two or more capabilities need, and nothing medical."""
