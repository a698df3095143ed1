"""`porchlight demo`: the whole of Porchlight in a throw-away folder, to look at or to check."""
