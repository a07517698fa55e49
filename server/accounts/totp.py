"""Codes of an authenticator app (RFC 6238): the secret, the picture that hands it over, the step of a code. Pure."""

import base64
import hashlib
import io
from datetime import datetime, timedelta

import pyotp

ISSUER = "Lianzhen"
SECONDS = 30
TOLERANCE = timedelta(seconds=5)
"""How far the phone's clock may be off, either way."""


def secret_of(token: str) -> str:
    """160 bits in base 32, of a token that nobody has seen."""
    return base64.b32encode(hashlib.sha256(token.encode()).digest()[:20]).decode()


def address_of(secret: str, login: str) -> str:
    """What the app reads out of the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code, as a `data:` address of an SVG."""
    import segno

    drawing = io.BytesIO()
    segno.make(address, error="m").save(drawing, kind="svg", scale=5, border=2)
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.getvalue()).decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The number of the 30-second step that `code` is of, the present one within the tolerance; None when wrong."""
    generator = pyotp.TOTP(secret)
    for moment in (now, now - TOLERANCE, now + TOLERANCE):
        if generator.verify(code, for_time=moment):
            return int(moment.timestamp()) // SECONDS
    return None
