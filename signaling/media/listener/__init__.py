"""The listener: what is said on a hall's stage, written down by the site's own speech model, in a process of its own.

It is passed the voices, and nothing else, like any other forwarder process (`forwarder.passing`): one that is slow or
dead loses packets for itself alone, and a speech service that is slow or dead costs captions and nothing more. Read
`cutting` (sound to utterances), `voice` (packets to sound), `dictation` (utterances to text, in order), `service` (the
port and the one adapter), `process`.
"""
