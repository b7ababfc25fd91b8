"""The pages say what is so: they are compared with the code."""
