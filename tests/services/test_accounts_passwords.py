"""A flood of sign-ins: two passwords are worked on at once, and the loop that carries calls goes on meanwhile."""

import asyncio
import threading

from server.accounts import passwords

FLOOD = 12


def working():
    return [thread for thread in threading.enumerate() if thread.name.startswith("argon2")]


async def test_a_flood_of_sign_ins_keeps_two_threads_busy_and_the_loop_free():
    flood = asyncio.gather(*(passwords.matches(passwords.DECOY, f"try {number}") for number in range(FLOOD)))
    most = turns = 0
    while not flood.done():
        most, turns = max(most, len(working())), turns + 1
        await asyncio.sleep(0)
    assert (most, await flood) == (2, [False] * FLOOD)
    assert turns > FLOOD


async def test_a_hash_matches_its_password_alone():
    stored = await passwords.hashed("correct horse battery")
    assert await passwords.matches(stored, "correct horse battery")
    assert not await passwords.matches(stored, "correct horse batterz")
    assert not await passwords.matches("", "correct horse battery")
    assert not await passwords.matches("torn", "correct horse battery")
