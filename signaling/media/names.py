"""The names that pages choose: what a source is, and what a view of it is called."""

from __future__ import annotations

import re
from collections.abc import Mapping

from signaling.media.ports import MediaRefusal

_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_VIEW = re.compile(r"[A-Za-z0-9_.:-]{1,100}")  # goes into descriptions that other browsers read
MOST_VIEWS = 64


def check_roles(roles: Mapping[str, str]) -> None:
    """Raises MediaRefusal."""
    if not all(_ROLE.fullmatch(role) for role in roles.values()) or len(set(roles.values())) < len(roles):
        raise MediaRefusal("media.malformed", "roles")


def check_views(views: Mapping[str, str] | None) -> None:
    """Raises MediaRefusal."""
    if views is not None and (len(views) > MOST_VIEWS or not all(_VIEW.fullmatch(name) for name in views)):
        raise MediaRefusal("media.malformed", "views")
