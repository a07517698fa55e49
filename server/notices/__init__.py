"""Telling people: in the page at once, by mail through the outbox; never with a patient's name in it."""
