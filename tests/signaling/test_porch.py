"""Who waits before the door: turns in order, places given back, and none lost however a wait ends."""

import asyncio

import pytest

from signaling.porch import Porch


async def waits(porch, address="ward"):
    task = asyncio.create_task(porch.come(address))
    await asyncio.sleep(0)
    return task


async def test_the_next_comes_in_when_one_has_joined_in_the_order_of_coming():
    porch = Porch(places=1)
    assert await porch.come("ward")
    second, third = await waits(porch), await waits(porch)
    assert await porch.come("another ward"), "one address keeps no other waiting"
    porch.go("ward")
    assert await second
    assert not third.done()
    porch.go("ward")
    assert await third


async def test_a_full_queue_and_a_long_wait_are_told_no():
    porch = Porch(places=1, queue=1, patience=0.02)
    assert await porch.come("ward")
    second = await waits(porch)
    assert not await porch.come("ward")
    assert not await second
    porch.go("ward")
    assert await porch.come("ward"), "no place was lost"


async def test_who_goes_while_waiting_takes_no_place():
    porch = Porch(places=1)
    assert await porch.come("ward")
    second = await waits(porch)
    second.cancel()
    porch.go("ward")
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await porch.come("ward")


async def test_a_place_given_in_the_moment_of_going_is_given_back():
    porch = Porch(places=1)
    assert await porch.come("ward")
    second = await waits(porch)
    porch.go("ward")
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await porch.come("ward")


async def test_who_has_left_a_room_stands_there_again_and_lets_none_in_meanwhile():
    porch = Porch(places=1)
    porch.back("ward")
    second = await waits(porch)
    assert not second.done()
    porch.go("ward")
    assert await second
