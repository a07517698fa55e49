"""The child process in which uploaded files are read: it can compute, ask for bytes and answer, and nothing else.

Started as `python -I -m server.files.sandbox` by `server.files.parsing`. It imports nothing that knows the database,
the keys or the network. What it answers is believed by nobody: the parent checks every fact against `facts`.
"""
