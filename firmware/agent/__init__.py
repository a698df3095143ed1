"""The board's agent: films only while a grant holds, sends only what a permit allows."""
