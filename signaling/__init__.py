"""Real time: who is in the room, what they say to each other, and the hints that keep pages live.

Knows ids, roles and grants, never patients, and imports nothing from `server`.
PROTOCOL.md is the contract with the browser.
"""
