"""The HTTP edge: who is asking, and what stays open while serving."""
