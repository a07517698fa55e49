"""The command line: `lianzhen serve | worker | demo | migrate | user | backup | restore | authority | …`."""

import asyncio
import gc
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from server.accounts.roles import Role
from server.core.errors import Refusal
from server.settings import Settings

app = typer.Typer(
    help="联诊 Lianzhen: telemedicine for medical consortia. Settings come from LIANZHEN_… variables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
user_app = typer.Typer(help="People of the site.", no_args_is_help=True)
audit_app = typer.Typer(help="The tamper-evident record.", no_args_is_help=True)
authority_app = typer.Typer(help="Who certifies the doctors' signatures.", no_args_is_help=True)
app.add_typer(user_app, name="user")
app.add_typer(audit_app, name="audit")
app.add_typer(authority_app, name="authority")

Data = Annotated[Path | None, typer.Option(help="The one folder of everything kept (./data).")]
Port = Annotated[int | None, typer.Option(help="The port to listen on (8080).")]
Host = Annotated[str | None, typer.Option(help="The address to listen on (127.0.0.1).")]


class WrongSetting(Refusal):
    code = "settings.wrong"
    says = "设置有误：%(what)s"


def settings_of(**given: Any) -> Settings:
    """Settings from the environment, with what the command line gave in their place. Raises WrongSetting."""
    try:
        return Settings(**{name: value for name, value in given.items() if value not in (None, False)})
    except ValidationError as wrong:  # without the value: it may be a secret
        named = (f"LIANZHEN_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in wrong.errors())
        raise WrongSetting(what="; ".join(named)) from None
    except SettingsError as wrong:
        raise WrongSetting(what=str(wrong)) from None


@app.command()
def demo(port: Port = None, data: Data = None, host: Host = None, tls: bool = False) -> None:
    """Serve on this machine with a demo consortium, loaded once: plausible, invented, nothing real."""
    serving = _serving()
    raise SystemExit(serving.run(settings_of(port=port, data=data, host=host, tls=tls, demo=True), for_people=True))


@app.command()
def serve(
    port: Port = None,
    data: Data = None,
    host: Host = None,
    tls: Annotated[bool, typer.Option(help="Make a local CA and certificate: cameras work from the LAN.")] = False,
) -> None:
    """Serve a real site. Refuses to start on weak secrets, readable keys or debug; `lianzhen doctor` says more."""
    serving = _serving()
    raise SystemExit(serving.run(settings_of(port=port, data=data, host=host, tls=tls), for_people=False))


@app.command()
def worker(data: Data = None) -> None:
    """Mails, reminders, deadlines and checkpoints, as a process of its own beside several `serve` (with Redis)."""
    serving = _serving()
    raise SystemExit(serving.work(settings_of(data=data)))


def _serving() -> ModuleType:
    """A start makes much and drops little: without the collector it takes a fifth less. Serving turns it on again."""
    gc.disable()
    from server import serving

    return serving


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to this version (serve and demo do it by themselves)."""
    from server import upkeep

    asyncio.run(upkeep.lay_ground(settings_of(data=data)))
    typer.echo("OK")


@app.command()
def doctor(
    data: Data = None,
    port: Port = None,
    host: Host = None,
    backups: Annotated[Path | None, typer.Option(help="The folder that `backup` writes to.")] = None,
    turn_rules: Annotated[Path | None, typer.Option(help="Check only this coturn configuration.")] = None,
) -> None:
    """Check the installation: versions, folder, ports, clock, camera-secure address, each service; and what to do."""
    from server import upkeep

    if turn_rules is not None:
        raise SystemExit(0 if upkeep.examine_turn_rules(turn_rules) else 1)
    well = asyncio.run(upkeep.examine(settings_of(data=data, port=port, host=host), backups))
    raise SystemExit(0 if well else 1)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept, best on another disk.")],
    data: Data = None,
) -> None:
    """Back the running site up: encrypted, only what changed. Asks for a passphrase the first time."""
    from server import upkeep

    new = not folder.exists() or not any(folder.iterdir())
    passphrase = _passphrase(confirm=True) if new else ""
    asyncio.run(upkeep.back_up(settings_of(data=data), folder, passphrase))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept.")],
    data: Data = None,
) -> None:
    """Bring a site back on an empty machine, and prove audit chain, signatures and file hashes."""
    from server import upkeep

    whole = asyncio.run(upkeep.bring_back(settings_of(data=data), folder, _passphrase(confirm=False)))
    raise SystemExit(0 if whole else 1)


@audit_app.command("verify")
def audit_verify(data: Data = None) -> None:
    """Walk the whole audit chain; name the first record that does not fit."""
    from server import upkeep

    raise SystemExit(0 if asyncio.run(upkeep.verify_audit(settings_of(data=data))) else 1)


@authority_app.command("install")
def authority_install(
    certificate: Annotated[Path, typer.Argument(help="The CA's certificate, PEM.", exists=True, dir_okay=False)],
    key: Annotated[Path, typer.Argument(help="Its private key, PEM; a passphrase is asked for.", exists=True)],
    data: Data = None,
) -> None:
    """Let the site's own CA certify signatures, in place of the one made at set-up.

    The certificate must be that of a CA, in force, and KEY its key, of which a copy is kept under the
    site's key. Doctors get a certificate of the new CA at their next signature; what was signed
    before stays valid. May be done while the site serves.
    """
    from server import upkeep

    pems = certificate.read_bytes(), key.read_bytes()
    password = _passphrase(confirm=False) if b"ENCRYPTED" in pems[1] else ""
    asyncio.run(upkeep.install_authority(settings_of(data=data), *pems, password))


@user_app.command("add")
def user_add(
    login: str,
    name: str,
    role: Annotated[Role, typer.Option(help="What the post is.")] = Role.CONS_ADMIN,
    institution: Annotated[str, typer.Option(help="The institution's code; added when it is new.")] = "000000-001",
    data: Data = None,
) -> None:
    """Add a person with a post; the password is asked for. On an empty folder, the first step of a new site."""
    from server import upkeep

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    settings = settings_of(data=data)
    asyncio.run(
        upkeep.add_person(settings, login=login, name=name, role=role, institution=institution, password=password)
    )


@user_app.command("list")
def user_list(data: Data = None) -> None:
    """Everybody, a line each: login, name, standing, roles held today."""
    from server import upkeep

    asyncio.run(upkeep.list_people(settings_of(data=data)))


@user_app.command("reset")
def user_reset(login: str, data: Data = None) -> None:
    """A new password for somebody locked out (asked for); second factors go, every session of theirs ends."""
    from server import upkeep

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    asyncio.run(upkeep.reset_person(settings_of(data=data), login=login, password=password))


@user_app.command("suspend")
def user_suspend(
    login: str,
    reason: Annotated[str, typer.Option(help="Kept in the audit record.", prompt=True)],
    data: Data = None,
) -> None:
    """Nobody signs in with this login until `resume`; signed out everywhere at once."""
    from server import upkeep

    asyncio.run(upkeep.suspend_person(settings_of(data=data), login=login, reason=reason))


@user_app.command("resume")
def user_resume(login: str, data: Data = None) -> None:
    """End a suspension."""
    from server import upkeep

    asyncio.run(upkeep.resume_person(settings_of(data=data), login=login))


def _passphrase(*, confirm: bool) -> str:
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))


def main() -> None:
    os.umask(0o077)  # whatever is kept is the owner's alone
    try:
        app()
    except Refusal as refusal:
        from server import upkeep

        sys.exit(upkeep.say_in_terminal_language()(refusal.says, refusal.facts))
