"""Commands of the host, one file each; `porchkit.cli` holds the table."""
