"""Passwords: hashed off the event loop, at most two at once, so that a flood of sign-ins starves no call."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LEAST_LENGTH = 12
COMMON = frozenset({"123456789012", "woaini1314520", "lianzhen12345", "password1234", "qwertyuiop12"})

_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(2, thread_name_prefix="argon2")
# What a sign-in of an unknown name is checked against, so that it takes as long as one of a known name.
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$cG9wY29ybnBvcGNvcm5wb3Bjb3JucG9wY29ybnBvcGM"


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def matches(stored: str, password: str) -> bool:
    """Whether `password` is the one; an account without one takes the same time to say no."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, stored or DECOY, password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    except Exception:
        return False


def weakness(password: str, *, login: str = "", name: str = "") -> str | None:
    """Why a password will not do, as a sentence (a msgid); None when it will."""
    if len(password) < LEAST_LENGTH:
        return "密码至少 12 个字符"
    lowered = password.lower()
    if lowered in COMMON or (login and login.lower() in lowered) or (name and name in password):
        return "这个密码太容易被猜到"
    from zxcvbn import zxcvbn

    if zxcvbn(password[:72])["score"] < 3:
        return "这个密码太容易被猜到"
    return None
