"""What is wrong with dropout in your code: in a live model, and in source files."""
