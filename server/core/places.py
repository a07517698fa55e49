"""Where the files that come with the program lie: in the checkout, or beside the package when installed."""

from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent
_ROOT = SERVER.parent


def templates() -> Path:
    checkout = _ROOT / "templates"
    return checkout if checkout.is_dir() else SERVER / "_templates"


def static() -> Path:
    checkout = _ROOT / "static"
    return checkout if (checkout / "dist").is_dir() else SERVER / "_static"


def locales() -> Path:
    return SERVER / "locale"


def access_matrix() -> Path:
    return SERVER / "access.toml"
