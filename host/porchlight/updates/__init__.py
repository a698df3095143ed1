"""Updates over the air: the host carries a release to a board and keeps the resident's log.

It cannot forge one: the release key and the resident sign, the board checks (firmware/agent).
"""
