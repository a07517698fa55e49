"""The durable side of a live session: who may enter, the numbered log, attendance, guest links."""
