"""Many virtual boards against one host: the parts of `porchlight sim`."""
