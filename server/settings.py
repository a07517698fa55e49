"""Every setting, typed, in one place; nothing else reads the environment."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from server.operations.network import in_address, names_elsewhere, reached_at
from signaling.media.ports import SpeechService

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # we read names a character at a time: 45 MB would lie idle


class Settings(BaseSettings):
    """Options of the site, from its environment: `LIANZHEN_DATA=/srv/lianzhen`."""

    model_config = SettingsConfigDict(env_prefix="LIANZHEN_", extra="ignore")

    data: Path = Path("data")
    """The one folder of everything kept: database, files, keys, audit checkpoint, outbox."""
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """How browsers reach the site, e.g. https://hz.example.cn; without it, http://host:port (of 0.0.0.0: the LAN)."""
    origins: list[str] = []
    """Further origins whose pages are ours."""
    behind_proxy: bool = False
    """A proxy of ours sets X-Forwarded-For and X-Forwarded-Proto."""
    tls: bool = False
    demo: bool = False
    debug: bool = False
    """Each request on the terminal of `demo`, and whatever held up the loop. `serve` refuses it."""

    database_url: str = ""
    """PostgreSQL: postgresql+asyncpg://user:password@host/name. Without it, SQLite in the data folder."""
    redis_url: str = ""
    """Redis or Valkey, when several processes serve."""
    keyring: Path | None = None
    """The file of site keys. Without it, `keys/site` in the data folder."""

    smtp_url: str = ""
    """smtp://user:password@host:587. Without it, mails are written into `outbox/` of the data folder."""
    mail_from: str = "lianzhen@localhost"
    turn_urls: list[str] = []
    """turn:host:3478?transport=udp, turns:host:443?transport=tcp …"""
    turn_secret: SecretStr = SecretStr("")
    relay_only: bool = False
    forwarder: Literal["embedded", "none"] = "embedded"
    """What carries the media of halls: processes of our own, started with the first hall; or nothing."""
    media_addresses: list[str] = []
    """This machine's addresses that browsers send media to. Without it, the one the site listens on, or all."""
    media_public: str = ""
    """What browsers are told instead, where the machine stands behind a translation of addresses."""
    media_ports: tuple[int, int] = (0, 0)
    """The first and last UDP port for media, e.g. [40000, 40015]; one a process. [0, 0]: any."""
    janus_urls: list[str] = []
    """ws://10.0.0.20:8188 …: the Janus nodes that carry the media of halls in place of our own processes. They pass
    large halls on to each other by these addresses, unencrypted (Janus 1.1.2 cannot): let them be private."""
    janus_secret: SecretStr = SecretStr("")
    """The api_secret of every node."""
    janus_crowd: int = Field(150, ge=1)
    """How many watch a hall at one node before the next ones do at another, to which its publishers are passed on.
    Where several processes serve, each counts its own. The default is about what one core of a node carries."""
    speech_url: str = ""
    """http://10.0.0.30:8000/v1: the site's speech model, by OpenAI's transcription API. Without it, no captions."""
    speech_key: SecretStr = SecretStr("")
    speech_model: str = "whisper-1"
    """The name by which the service knows the model, e.g. sensevoice."""
    speech_language: str = "zh"
    """"" lets the model tell by itself, where it can."""
    s3_url: str = ""
    """s3://bucket/prefix?endpoint=… for files. Without it, `files/` of the data folder."""
    tsa_url: str = ""
    metrics_token: SecretStr = SecretStr("")
    leaving_seconds: float = Field(0, ge=0, le=10)
    """Told to stop, how long a process says by /readyz that it is no longer ready, and serves on: until every proxy
    before it has looked. 0 where nothing else takes its requests."""
    smtp_timeout: float = 20.0

    @property
    def store_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data / 'lianzhen.sqlite').resolve()}"

    @property
    def key_file(self) -> Path:
        return self.keyring or self.data / "keys" / "site"

    @property
    def base_url(self) -> str:
        """What every link and the printed start line say: an address that opens from elsewhere too."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{'https' if self.tls else 'http'}://{in_address(reached_at(self.host))}:{self.port}"

    @property
    def other_hosts(self) -> frozenset[str]:
        """The `host[:port]`s by which pages may be asked for besides; none where the site has a public address."""
        names = [] if self.public_url else names_elsewhere(self.host)
        return frozenset(f"{in_address(name).lower()}{port}" for name in names for port in ("", f":{self.port}"))

    @property
    def recordings(self) -> Path:
        """Where recordings lie, sealed, until they can be played. Several machines that serve share it."""
        return self.data / "recordings"

    @property
    def udp_ports(self) -> range:
        """Empty: any."""
        first, last = self.media_ports
        return range(first, last + 1 if last else first)

    @property
    def speech(self) -> SpeechService | None:
        """What writes captions of what a forwarder carries."""
        if not self.speech_url or self.forwarder == "none":
            return None
        return SpeechService(
            self.speech_url, self.speech_key.get_secret_value(), self.speech_model, self.speech_language
        )

    @property
    def checkpoint(self) -> Path:
        return self.data / "audit-checkpoint.json"
