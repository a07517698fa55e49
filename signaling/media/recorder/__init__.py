"""The recorder: a hall's sources written down as they come, without decoding, in a process of its own.

It is passed the streams like any other forwarder process (`forwarder.passing`): one that is slow or dead loses
packets for itself alone. Read `take` (one source), `frames` (packets to frames), `film` (frames to a WebM), `sealed`
(what lies on the disk), `process`. What becomes of the films afterwards is the house's business.
"""
