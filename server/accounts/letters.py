"""Mails about an account, in the language of whom they are for."""

from typing import Any

from aiohttp import web

from server.accounts.model import Person
from server.core.http import TEMPLATES
from server.core.unit import Unit


def send(request: web.Request, unit: Unit, person: Person, *, subject: str, body: str, **facts: Any) -> None:
    """`subject` and `body` are msgids. Nothing happens when the person has no address."""
    if not person.email:
        return
    translations = request.app[TEMPLATES].translations
    unit.send(
        "mail",
        to=person.email,
        subject=translations.say(person.reads, subject, facts),
        body=translations.say(person.reads, body, {"name": person.name, **facts}),
    )


def warn(request: web.Request, unit: Unit, person: Person, what: str) -> None:
    """Tells somebody that their account's safety was changed (`what` is a msgid), should it not have been them."""
    translations = request.app[TEMPLATES].translations
    send(
        request,
        unit,
        person,
        subject="联诊账号安全提醒",
        body="%(name)s，您好：\n\n您的账号刚刚有变动：%(what)s。\n\n如果不是您本人操作，请立即联系本院管理员。\n",
        what=translations.say(person.reads, what),
    )
