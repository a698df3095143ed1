"""The commands of the workbench: one file each, listed in `porchkit.cli.COMMANDS`."""
