"""What the command line does besides serving: examination, backup, restore, verification, people."""

import locale
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.accounts.roles import Role
from server.core import places
from server.core.access import Matrix
from server.core.clock import SystemClock
from server.core.crypto import Keyring
from server.core.database import Database
from server.core.i18n import Translations
from server.settings import Settings

Say = Callable[[str, Mapping[str, Any]], str]


def say_in_terminal_language() -> Say:
    """Chinese unless the terminal's locale says otherwise."""
    spoken = locale.getlocale()[0] or ""
    language = "en" if spoken.startswith("en") else "zh"
    translations = Translations(places.locales())
    return lambda message, facts: translations.say(language, message, facts)


def make_folder(settings: Settings) -> None:
    """The data folder and the site's key, made where there are none."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    Keyring.load(settings.key_file, create=True)


async def lay_ground(settings: Settings) -> None:
    """Everything a site stands on, made or brought to this version: folder, key, schema."""
    from server.migrations import upgrade

    make_folder(settings)
    await upgrade(settings.store_url)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The site's store, for a command; audited like everything else. Raises NoSiteKey."""
    from server.audit import service as audit

    keys = Keyring.load(settings.key_file)
    matrix = Matrix.read(places.access_matrix())
    database = Database(settings.store_url, clock=SystemClock(), keys=keys, matrix=matrix)
    database.before_commit.append(audit.seal)
    try:
        yield database
    finally:
        await database.close()


async def demo_loaded(settings: Settings) -> bool:
    """Whether the data folder holds the demo, whose passwords everybody knows."""
    from server.accounts import passwords, queries

    if not settings.key_file.exists():
        return False
    async with open_database(settings) as database, database.unit(writes=False) as unit:
        person = await queries.person_by_login(unit, "wangfang")
    from server.demo import PASSWORD

    return person is not None and await passwords.matches(person.password_hash, PASSWORD)


async def examine(settings: Settings, backups: Path | None) -> bool:
    """Prints what was found; whether all is well."""
    from server.operations import doctor, findings
    from signaling.ice import CoturnIce

    secret = settings.turn_secret.get_secret_value()
    now = datetime.now(UTC)

    def credentials() -> tuple[str, str]:
        server = CoturnIce(turn=settings.turn_urls, secret=secret).issue("doctor", now)["servers"][0]
        return str(server["username"]), str(server["credential"])

    found = await doctor.examine(
        settings, now=now, turn_credentials=credentials, backups=backups, demo_loaded=await demo_loaded(settings)
    )
    for line in findings.told(found, say_in_terminal_language()):
        print(line)
    return doctor.healthy(found)


async def back_up(settings: Settings, folder: Path, passphrase: str) -> None:
    from server.operations import backup, findings
    from server.operations.repository import Repository
    from server.operations.site import BACKUP

    site_key = Keyring.load(settings.key_file).derive("backup")
    if list(folder.glob("*")):  # noqa: ASYNC240 - once, before anything runs
        repository = Repository(folder).open_with_site_key(site_key)
    else:
        repository = Repository.create(folder, passphrase=passphrase, site_key=site_key)
    report = await backup.take(
        repository,
        data=settings.data,
        database_url=settings.database_url,
        key_file=settings.key_file,
        now=datetime.now(UTC),
    )
    async with open_database(settings) as database, database.unit() as unit:
        unit.record("site.backed_up", kind="site", id=BACKUP, fields=[report.name])  # administrators are told by it
    for line in findings.told([report.finding()], say_in_terminal_language()):
        print(line)


async def bring_back(settings: Settings, folder: Path, passphrase: str) -> bool:
    """Restores on an empty machine and prints what was proved; whether all of it holds."""
    from server.operations import findings, restore
    from server.operations.repository import Repository

    repository = Repository(folder).open_with_passphrase(passphrase)
    report = await restore.bring_back(
        repository,
        data=settings.data,
        database_url=settings.database_url,
        key_file=settings.key_file,
        proofs=(lambda: prove_audit(settings), lambda: prove_documents(settings)),
    )
    found = report.findings()
    for line in findings.told(found, say_in_terminal_language()):
        print(line)
    from server.operations.doctor import healthy

    return healthy(found)


async def prove_audit(settings: Settings) -> Any:
    from server.operations import proofs

    async with open_database(settings) as database:
        return await proofs.audit_chain(database, settings.checkpoint)


async def prove_documents(settings: Settings) -> Any:
    from server.documents.archive import SealedArchive
    from server.documents.office import Office
    from server.files.desk import store_at
    from server.operations import proofs

    async with open_database(settings) as database:
        archive = SealedArchive(store_at(settings.data / "documents", settings.s3_url), database.keys)
        office = Office(archive=archive, address=settings.base_url, translate=lambda locale, words: words)
        return await proofs.signed_documents(database, office)


async def verify_audit(settings: Settings) -> bool:
    """Walks the chain and names the first bad row, if any."""
    from server.audit import service as audit

    async with open_database(settings) as database, database.unit(writes=False) as unit:
        report = await audit.verify(unit, checkpoint=settings.checkpoint)
    if report.whole:
        print(f"OK: {report.records} records")
    elif report.first_bad is None:
        print(f"BROKEN: {report.trouble}; a cut or rewritten end of the {report.records} records would not show")
    else:
        print(f"BROKEN at record {report.first_bad}: {report.trouble} ({report.records} records before it are right)")
    return report.whole


async def install_authority(settings: Settings, certificate: bytes, key: bytes, password: str) -> None:
    """The site's own CA certifies from now on; prints its name. Raises what `adopting.adopt_authority` does."""
    from server.documents import adopting, signers

    async with open_database(settings) as database, database.unit() as unit:
        authority = adopting.adopt_authority(certificate, key, now=unit.now, password=password.encode() or None)
        installed = await signers.install_authority(unit, authority=authority)
        print(f"OK: {installed.name}")


async def add_person(settings: Settings, *, login: str, name: str, role: Role, institution: str, password: str) -> None:
    """The first administrator of a site, or anybody else; made with a password from standard input."""
    from server.accounts import service
    from server.directory import queries as directory
    from server.directory import service as places_of
    from server.directory.kinds import Kind, Level

    hashed = await _hashed(password, login=login, name=name)
    await lay_ground(settings)
    async with open_database(settings) as database, database.unit() as unit:
        known = {one.code: one for one in await directory.institutions(unit)}
        where = known.get(institution) or await places_of.add_institution(
            unit, code=institution, name=institution, short_name=institution, level=Level.COUNTY, kind=Kind.GENERAL
        )
        person = await service.enrol(unit, login=login, name=name, password_hash=hashed)
        starts = service.today(unit.now)
        await service.appoint(unit, person=person, institution_id=where.id, role=role, starts=starts)


async def list_people(settings: Settings) -> None:
    """Prints a line a person: login, name, standing, whether a second factor is asked, roles held."""
    from server.accounts import queries, service

    async with open_database(settings) as database, database.unit(writes=False) as unit:
        people = await queries.everybody(unit)
        posts = await queries.all_posts_of(unit, [one.id for one in people])
        today = service.today(unit.now)
        for one in people:
            roles = sorted({post.role.value for post in posts.get(one.id, []) if post.held(today)})
            print(f"{one.login:<20} {one.name:<16} {one.standing.value:<12} {','.join(roles)}")


async def reset_person(settings: Settings, *, login: str, password: str) -> None:
    """A new password for somebody who is locked out: second factors go, every session ends."""
    from server.accounts import service, staff

    async with _somebody(settings, login) as (unit, person):
        hashed = await _hashed(password, login=login, name=person.name)
        await service.set_password(unit, person=person, password_hash=hashed)
        await staff.reset_second_factor(unit, person=person)


async def suspend_person(settings: Settings, *, login: str, reason: str) -> None:
    from server.accounts import staff

    async with _somebody(settings, login) as (unit, person):
        await staff.suspend(unit, person=person, reason=reason)


async def resume_person(settings: Settings, *, login: str) -> None:
    from server.accounts import staff

    async with _somebody(settings, login) as (unit, person):
        await staff.resume(unit, person=person)


@asynccontextmanager
async def _somebody(settings: Settings, login: str) -> AsyncIterator[tuple[Any, Any]]:
    """A unit of work about one person; serving processes hear of it when there is Redis. Exits when nobody has the
    login."""
    from server.accounts import queries
    from server.app import voice_of_worker

    async with open_database(settings) as database, voice_of_worker(settings, database), database.unit() as unit:
        person = await queries.person_by_login(unit, login)
        if person is None:
            sys.exit(say_in_terminal_language()("没有这个登录名", {}))
        yield unit, person


async def _hashed(password: str, *, login: str, name: str) -> str:
    """Exits when the password is too weak."""
    from server.accounts import passwords

    if weak := passwords.weakness(password, login=login, name=name):
        sys.exit(say_in_terminal_language()(weak, {}))
    return await passwords.hashed(password)


def examine_turn_rules(path: Path) -> bool:
    """Whether a coturn configuration denies every reserved address; says what it lets through."""
    from server.operations import findings, turn_rules
    from server.operations.doctor import healthy

    found = list(turn_rules.examined(path.read_text()))
    for line in findings.told(found, say_in_terminal_language()):
        print(line)
    return healthy(found)
