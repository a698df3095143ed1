"""What moves, judged at the host: for cameras that have no gate of their own."""
