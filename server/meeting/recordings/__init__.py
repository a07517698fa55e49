"""Recordings of meetings: begun and ended by the room's log, made playable afterwards, kept sealed, removed in time.

The recorder (`signaling.media.recorder`) leaves films, one for each stretch of each source. `films` reads them,
`programme` decides what is shown when, `mixing` adds the voices, `press` makes of it what a browser plays, in a process
of its own, and `studio` puts that into the vault.
"""
