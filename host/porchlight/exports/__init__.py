"""Exports: a clip with all that proves where it comes from, who allowed it and that it is in the
log; `porchlight verify` checks it without asking anybody."""
