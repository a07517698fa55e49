"""People, credentials, posts, sign-in."""
