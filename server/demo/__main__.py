"""Loads the demo and ends: python -m server.demo, told the settings as JSON.

A process of its own, so that what only the loading needs (typefaces, pictures, signing) does not stay with the server.
"""

import asyncio
import gc
import sys

from server import log
from server.settings import Settings


async def load(settings: Settings) -> None:
    from server import app as composition  # here: the press process, a child of this one, needs none of it
    from server.core.http import DATABASE
    from server.demo import casebook, cases, loading

    app = composition.build(settings)
    try:
        if teller := await loading.load_once(app):
            await cases.attach(app, teller)  # whoever serves looks at them
            await casebook.fill(app, teller)
    finally:
        await app[composition.TASKS].close()
        await app[DATABASE].close()


if __name__ == "__main__":
    gc.disable()  # it drops little and ends soon: without the collector it takes a quarter less
    log.set_up(for_people=True)
    asyncio.run(load(Settings.model_validate_json(sys.stdin.read())))
    gc.freeze()  # nor is what there is walked once more at the end
