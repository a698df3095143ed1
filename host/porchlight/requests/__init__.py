"""Requests: a hub asks the residents of an area for recorded footage. See requests.py."""
