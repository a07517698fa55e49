"""Structured logs: JSON lines for machines, plain ones for a terminal; an id per request, never a name or a token."""

import logging
import sys

import structlog

_quiet = ("aiohttp.access", "sqlalchemy", "aiosqlite", "asyncio", "pyhanko", "pydicom", "fontTools")


def set_up(*, for_people: bool, debug: bool = False) -> None:
    """Lines for a person at a terminal, who sees warnings only unless they `debug`; else JSON for a machine."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if for_people:
        last: list[structlog.typing.Processor] = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,  # never the locals: a patient may be in them
            )
        ]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if for_people and not debug else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in _quiet:
        logging.getLogger(name).setLevel(logging.WARNING)
