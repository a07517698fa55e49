"""The embedded forwarder: a selective forwarding unit on aiortc's DTLS, SRTP and RTCP.

Packets are passed on, never decoded. Read in this order: `hall` (who publishes, who watches what),
`source` and `view` (one stream in, one stream out), `fanout` and `lane` (the hot path), `peer` (ICE, DTLS),
`process` and `spread` (a process per core), `calling` (fetching from another forwarder). `internals` is the one place
that leans on private parts of others.
What decides and what it decides from is sans-I/O: rewriting, history, loss, feedback, reports, keyframes,
pictures, layers, levels.
"""
