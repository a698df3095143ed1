"""The workbench: keys and grants, virtual boards, the demo, the `porchlight` command.

It knows the host only as its users do: over HTTP, and by its commands. It never imports it.
"""
