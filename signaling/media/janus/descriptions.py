"""Session descriptions between browsers and Janus: looked at before they go there, named before they come back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from signaling.media.forwarder.descriptions import Answered, Offered, Unreadable, read_answer, read_offer
from signaling.media.ports import MediaRefusal


def offer_of(sdp: str) -> Offered:
    """Raises MediaRefusal."""
    try:
        return read_offer(sdp)
    except Unreadable as error:
        raise MediaRefusal("media.unreadable", str(error)) from error


def answer_of(sdp: str) -> Answered:
    """Raises MediaRefusal."""
    try:
        return read_answer(sdp)
    except Unreadable as error:
        raise MediaRefusal("media.unreadable", str(error)) from error


def without_candidates(sdp: str) -> str:
    """Browsers come to the node; it goes to no address that a page names."""
    return re.sub(r"^a=candidate:.*\r?\n", "", sdp, flags=re.MULTILINE)


def named(sdp: str, views: Mapping[str, str]) -> str:
    """Janus calls every stream "janus", which would be one for the browser. Those of one group are played together."""
    head, *sections = re.split(r"^(?=m=)", sdp, flags=re.MULTILINE)
    return head + "".join(_named(section, views) for section in sections)


def _named(section: str, views: Mapping[str, str]) -> str:
    found = re.search(r"^a=mid:(\S+)", section, flags=re.MULTILINE)
    name = views.get(found.group(1)) if found else None
    if name is None:
        return section
    return re.sub(r"^a=msid:.*$", f"a=msid:{name.partition(':')[0]} {name}\r", section, flags=re.MULTILINE)
