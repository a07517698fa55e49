"""The forwarder beyond one machine: halls as rooms of Janus nodes (VideoRoom of Janus 1.1.2, over its WebSocket).

Read in this order: `cluster` (which node carries which hall, and what follows when one dies), `hall` (who publishes
and who watches, as the room itself tells), `audience` and `edge` (those whom its node alone would not carry),
`publication` and `subscription` (one connection each), `rooms`, `node` and `handle` (how Janus is spoken to), `annex`
and `fetching` (where a hall is recorded and captioned, and how it comes there). Browsers speak to our signalling only,
and send their media to the nodes.
"""
