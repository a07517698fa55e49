"""Passkeys (WebAuthn): what the browser is asked to make or to sign, and whether its answer holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.accounts import queries
from server.accounts.model import Passkey, Person, SignIn
from server.core.errors import Refusal
from server.core.unit import Unit

SITE_NAME = "Lianzhen"
MOST = 10
"""Passkeys of one person."""


class PasskeyRefused(Refusal):
    code = "accounts.passkey_refused"
    status = 422
    says = "这把通行密钥没有通过验证，请再试一次或换一种方式"


class PasskeyKnown(Refusal):
    code = "accounts.passkey_known"
    says = "这把通行密钥已经登记过"


class NoPasskeysHere(Refusal):
    code = "accounts.no_passkeys_here"
    says = "通行密钥需要用域名（或 localhost）打开本站，不能用 IP 地址"


class EnoughPasskeys(Refusal):
    code = "accounts.enough_passkeys"
    says = "最多登记 10 把通行密钥，请先移除不用的"


@dataclass(frozen=True)
class RelyingParty:
    """The site as a browser knows it: keys made for `id` answer only to pages of `origin`."""

    id: str
    origin: str


def relying_party(origin: str) -> RelyingParty:
    """Raises NoPasskeysHere: browsers make keys for names, not for numbers."""
    host = urlsplit(origin).hostname or ""
    if not host or ":" in host or host.rpartition(".")[2].isdigit():
        raise NoPasskeysHere
    return RelyingParty(host, origin)


def options_to_enrol(
    unit: Unit, party: RelyingParty, *, person: Person, sign_in: SignIn, known: Sequence[Passkey]
) -> dict[str, Any]:
    """What the browser makes a key with; the challenge is kept with the sign-in. Raises EnoughPasskeys."""
    if len(known) >= MOST:
        raise EnoughPasskeys
    sign_in.challenge = unit.new_token().encode()
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=SITE_NAME,
        user_id=bytes.fromhex(person.id),
        user_name=person.login,
        user_display_name=person.name,
        challenge=sign_in.challenge,
        exclude_credentials=_named(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return dict(json.loads(webauthn.options_to_json(options)))


async def enrol(unit: Unit, party: RelyingParty, *, person: Person, sign_in: SignIn, answer: str, name: str) -> Passkey:
    """Keeps the key that the browser made. Raises PasskeyRefused, PasskeyKnown."""
    challenge = _spent(sign_in)
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=party.id, expected_origin=party.origin
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyRefused from None
    passkey = Passkey(
        id=unit.new_id(),
        person_id=person.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=unit.now,
    )
    try:
        async with unit.session.begin_nested():
            unit.session.add(passkey)
    except IntegrityError:
        raise PasskeyKnown from None
    unit.record("accounts.passkey_added", kind="person", id=person.id)
    return passkey


def options_to_prove(
    unit: Unit, party: RelyingParty, *, sign_in: SignIn, known: Sequence[Passkey], verified: bool = False
) -> dict[str, Any]:
    """What the browser signs with one of these keys; `verified` asks for finger, face or PIN."""
    sign_in.challenge = unit.new_token().encode()
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=sign_in.challenge,
        allow_credentials=_named(known),
        user_verification=UserVerificationRequirement.REQUIRED if verified else UserVerificationRequirement.PREFERRED,
    )
    return dict(json.loads(webauthn.options_to_json(options)))


async def prove(
    unit: Unit, party: RelyingParty, *, person_id: str, sign_in: SignIn, answer: str, verified: bool = False
) -> None:
    """Raises PasskeyRefused unless one of the person's keys signed the challenge of this sign-in."""
    challenge = _spent(sign_in)
    passkey = await queries.passkey(unit, person_id, _credential_id(answer))
    if passkey is None:
        raise PasskeyRefused
    try:
        shown = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=verified,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyRefused from None
    passkey.sign_count, passkey.used_at = shown.new_sign_count, unit.now


def _spent(sign_in: SignIn) -> bytes:
    """The challenge, which counts once. Raises PasskeyRefused when none was given out."""
    challenge, sign_in.challenge = sign_in.challenge, None
    if challenge is None:
        raise PasskeyRefused
    return challenge


def _credential_id(answer: str) -> bytes:
    try:
        return base64url_to_bytes(str(json.loads(answer)["id"]))
    except (ValueError, KeyError, TypeError):
        raise PasskeyRefused from None


def _named(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in known]


async def remove(unit: Unit, *, passkey: Passkey) -> None:
    await unit.session.delete(passkey)
    unit.record("accounts.passkey_removed", kind="person", id=passkey.person_id)
