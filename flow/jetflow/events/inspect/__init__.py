"""What is in a file: figures, checks and pictures."""
