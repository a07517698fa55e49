"""The tamper-evident record of who did and saw what."""
