"""`porchlight flash`: camera firmware onto a board, and nothing else of the board touched."""
