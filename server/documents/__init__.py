"""Signed documents: typeset, signed with the doctor's own key, archived for both sides, verified by anyone."""
