"""Running the site: certificate of its own, checks before it serves, examination, backup and restore."""
