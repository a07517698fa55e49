"""Files that come with a case: received, looked at in a sandbox, kept encrypted, handed out to who may see them."""
