"""A browser's sockets in the access tests, and what each seat of a room may say there.

A message whose need is not named here counts as everybody's, and one that nobody says here fails.
"""

import socketio
from socketio.exceptions import ConnectionError as Unwelcome

from signaling.group_messages import GROUP_DECODERS
from signaling.hall_messages import HALL_DECODERS
from signaling.lesson_messages import LESSON_DECODERS

MEDIA = {"mic": False, "cam": False, "screen": False}
PAGE, ELSEWHERE = "page-0001", "page-0002"
SAID = {
    "join": {"ticket": "x" * 40, "page": PAGE, "last": 0, "media": MEDIA},
    "signal": {"to": "nobody", "page": ELSEWHERE, "candidate": None},
    "media": MEDIA,
    "chat": {"key": "k1", "text": "听得到吗"},
    "hand": {"up": True},
    "net": {"rtt": 40, "loss": 0, "kbps": 1000},
    "admit": {"who": "nobody"},
    "deny": {"who": "nobody"},
    "remove": {"who": "nobody"},
    "mute": {"who": "nobody"},
    "ice": {},
    "since": {"last": 0},
    "stage": {"who": "nobody", "on": True},
    "audience": {},
    "publish": {"sdp": "v=0\r\n", "roles": {"0": "voice"}},
    "unpublish": {},
    "watch": {},
    "arrange": {},
    "answer": {"number": 1, "sdp": "v=0\r\n"},
    "limit": {"view": "stage", "layer": 0},
    "unwatch": {},
    "film": {"on": False},
    "seek": {},
    "agree": {"on": False},  # who agrees may be recorded, and what is recorded is carried from then on
    "check": {"key": "k2", "seconds": 30},
    "here": {"check": "c1"},
    "look": {"key": "k3", "away": True},
    "poll": {"key": "k4", "text": "先做什么？", "options": ["溶栓", "转院"], "many": False, "right": [0], "marks": 5},
    "choose": {"poll": "p1", "choice": [0]},
    "reveal": {"poll": "p1"},
    "ask": {"key": "k5", "text": "儿童剂量怎么算？"},
    "support": {"question": 1},
    "settle": {"question": 1, "how": "answered"},
    "unsay": {"seq": 1},
    "hush": {"who": "nobody", "on": True},
    "chats": {"open": True},
    "show": {"key": "k6", "file": "f1", "page": 1},
    "draw": {"key": "k7", "file": "f1", "page": 1, "colour": "red", "points": [0, 0, 10, 10]},
    "undo": {},
    "wipe": {"key": "k8"},
    "point": {"x": 1, "y": 1, "on": True},
    "drawn": {"file": "f1", "page": 1},
    "captions": {"on": False},
    "correct": {"line": 1, "text": "阿司匹林"},
    "split": {"key": "k9", "count": 2, "seconds": 0, "chosen": {}},
    "group": {"who": "nobody", "group": 1},
    "broadcast": {"key": "k10", "text": "还有五分钟"},
    "gather": {},
    "leave": {},
    "end": {},
}
"""Something a page would say, for each message."""

HOSTS_ONLY = {"admit", "deny", "remove", "mute", "end", "film", "seek"}
HOSTS_OF_HALLS_ONLY = {
    *HOSTS_ONLY,
    *("stage", "check", "poll", "reveal", "settle", "unsay", "hush", "chats", "correct"),
    *GROUP_DECODERS,
}
ON_THE_STAGE_ONLY = {"publish", "show", "draw", "undo", "wipe", "point"}
LAST = ("end", "leave")
"""After these one is in the room no more."""
HALLS_ONLY = {*HALL_DECODERS, *LESSON_DECODERS, *GROUP_DECODERS} - {"film", "seek", "agree"}
"""A consultation's room does not know them, whoever says them."""
NEEDS_A_SPEECH_SERVICE = {"captions"}
"""A site without one, as that of these tests, has none for anybody."""
ROOMS_ONLY = {"signal"}
"""Nobody speaks to another's browser in a hall."""
HEARD = {None, "room.nobody_there", "room.consent_missing", "room.patient_consent_missing"}
"""Answers of a room that let the message through: done, or the one it is about is not there or has not agreed."""
HEARD_IN_A_HALL = ("lesson.", "media.")
"""So do these begin: there is no such poll, nothing is watched."""


class Page:
    """A browser's socket in `/room`."""

    def __init__(self, world, principal, room):
        self.world, self.principal, self.room = world, principal, room
        self.socket = socketio.AsyncClient(reconnection=False, logger=False)

    async def __aenter__(self):
        cookie, _ = self.world.cookies.get(self.principal, ("", ""))
        headers = {"Origin": self.world.url, **({"Cookie": cookie} if cookie else {})}
        await self.socket.connect(self.world.url, headers=headers, transports=["websocket"], namespaces=["/room"])
        return self

    async def __aexit__(self, *_):
        await self.socket.disconnect()

    async def say(self, message, **changes):
        """The code of the refusal, None for what was done."""
        answer = await self.socket.call(message, {**SAID[message], **changes}, namespace="/room", timeout=10)
        return None if answer["ok"] else answer["error"]["code"]

    async def ticket(self):
        answer = await self.world.ask("POST", f"/rooms/{self.room}/join", self.principal)
        return answer.told.get("ticket") if answer.status == 200 else None

    async def enters(self):
        """Whether the door lets them in, and the room then does."""
        ticket = await self.ticket()
        refused = await (self.say("join", ticket=ticket) if ticket else self.say("join"))
        assert refused == (None if ticket else "room.ticket_refused")
        return bool(ticket)

    async def said(self, *unsaid):
        """The answer to each message but `unsaid` and `join`, those that end the seat last."""
        order = [one for one in SAID if one not in (*LAST, "join")] + list(LAST)
        return {message: await self.say(message) for message in order if message not in unsaid}


class Feed:
    """A browser's socket in `/live`."""

    def __init__(self, world, cookie):
        self.world, self.cookie = world, cookie
        self.socket = socketio.AsyncClient(reconnection=False, logger=False)

    async def __aenter__(self):
        headers = {"Origin": self.world.url, "Cookie": self.cookie}
        try:
            await self.socket.connect(self.world.url, headers=headers, transports=["websocket"], namespaces=["/live"])
        except Unwelcome:
            await self.socket.disconnect()
            raise
        return self.socket

    async def __aexit__(self, *_):
        await self.socket.disconnect()


def wrong_in_a_room(answers):
    """What a consultation's room should have answered otherwise: all in it are its hosts."""
    return {one: code for one, code in answers.items() if not _fits(code, one in HALLS_ONLY and "message.unknown")}


def wrong_in_a_hall(answers, seat):
    """The same of a hall, to its host, on its stage or in its audience."""
    return {one: code for one, code in answers.items() if not _fits(code, _refusal_in_a_hall(one, seat))}


def _refusal_in_a_hall(message, seat):
    if message in ROOMS_ONLY:
        return "message.unknown"
    if message in NEEDS_A_SPEECH_SERVICE:
        return "media.unavailable"
    if message in HOSTS_OF_HALLS_ONLY and seat != "host":
        return "room.not_host"
    return "room.not_allowed" if message in ON_THE_STAGE_ONLY and seat == "audience" else None


def _fits(code, refusal):
    return code == refusal if refusal else code in HEARD or code.startswith(HEARD_IN_A_HALL)
