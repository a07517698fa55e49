"""The command line: `lianzhen serve | demo | migrate | …`."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from server.settings import Settings

app = typer.Typer(
    help="联诊 Lianzhen: telemedicine for medical consortia.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Data = Annotated[Path, typer.Option(help="The one folder of everything kept.")]
Port = Annotated[int, typer.Option(help="The port to listen on.")]


@app.command()
def demo(port: Port = 8080, data: Data = Path("data"), host: str = "127.0.0.1") -> None:
    """Serve on this machine with a demo consortium, loaded once: plausible, invented, nothing real."""
    from server import serving

    settings = Settings(data=data, port=port, host=host, demo=True)
    raise SystemExit(serving.run(settings, for_people=True))


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="The port to listen on (8080).")] = None,
    data: Annotated[Path | None, typer.Option(help="The folder of everything kept (./data).")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on (127.0.0.1).")] = None,
    tls: Annotated[
        bool, typer.Option(help="Make a local CA and certificate, so that cameras work from the LAN.")
    ] = False,
) -> None:
    """Serve a real site. Refuses to start on weak secrets, readable keys or debug; `lianzhen doctor` says more."""
    from server import serving

    given = {"port": port, "data": data, "host": host, "tls": tls or None}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    raise SystemExit(serving.run(settings, for_people=False))


@app.command()
def migrate(data: Data = Path("data")) -> None:
    """Bring the database to this version (serve and demo do it by themselves)."""
    from server.core.crypto import Keyring
    from server.migrations import upgrade

    settings = Settings(data=data)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    Keyring.load(settings.key_file, create=True)
    asyncio.run(upgrade(settings.store_url))
    typer.echo("OK")


def main() -> None:
    os.umask(0o077)  # whatever is kept is the owner's alone
    app()
