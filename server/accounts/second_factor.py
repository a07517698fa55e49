"""What a person proves themselves by besides the password: a code of the phone, a passkey, a recovery code."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, delete, update

from server.accounts import queries, totp
from server.accounts.model import Passkey, Person, RecoveryCode
from server.core.errors import Refusal
from server.core.unit import Unit

CODES = 10
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which look alike on paper."""
CODE_LENGTH = 12


class WrongCode(Refusal):
    code = "accounts.wrong_code"
    status = 422
    says = "验证码不对，或已经用过；请等下一个"


class WrongRecoveryCode(Refusal):
    code = "accounts.wrong_recovery_code"
    status = 422
    says = "恢复码不对，或已经用过"


class SecondFactorNeeded(Refusal):
    code = "accounts.second_factor_needed"
    says = "本站要求第二步验证，不能移除最后一种方式"


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What somebody has besides the password."""

    totp: bool
    passkeys: Sequence[Passkey]
    codes_left: int

    @property
    def any(self) -> bool:
        return self.totp or bool(self.passkeys)

    @property
    def count(self) -> int:
        return self.totp + len(self.passkeys)


async def factors_of(unit: Unit, person: Person) -> Factors:
    return Factors(
        totp=person.totp_sealed is not None,
        passkeys=await queries.passkeys_of(unit, person.id),
        codes_left=await queries.codes_left(unit, person.id),
    )


# ---- codes of an authenticator app


async def enrol_totp(unit: Unit, *, person: Person, secret: str, code: str) -> None:
    """Takes the secret that the app has read, once it has shown a code of it. Raises WrongCode."""
    step = totp.step_of(secret, code, unit.now)
    if step is None:
        raise WrongCode
    person.totp_sealed = unit.keys.seal(secret.encode(), _about(person))
    person.totp_last_step = step
    await unit.session.flush()
    unit.record("accounts.totp_added", kind="person", id=person.id)


async def prove_totp(unit: Unit, *, person: Person, code: str, again: bool = False) -> None:
    """Raises WrongCode; a code counts once on the whole site, whatever node it is sent to. `again`: the answer to the
    last one was lost, so that it may come once more."""
    if person.totp_sealed is None:
        raise WrongCode
    step = totp.step_of(unit.keys.open(person.totp_sealed, _about(person)).decode(), code, unit.now)
    if step is None:
        raise WrongCode
    unspent = Person.totp_last_step <= step if again else Person.totp_last_step < step
    newer = update(Person).where(Person.id == person.id, unspent).values(totp_last_step=step)
    if not await _one_changed(unit, newer):
        raise WrongCode


async def remove_totp(unit: Unit, *, person: Person) -> None:
    person.totp_sealed, person.totp_last_step = None, 0
    unit.record("accounts.totp_removed", kind="person", id=person.id)


def _about(person: Person) -> str:
    return f"people.totp:{person.id}"


# ---- recovery codes


async def new_codes(unit: Unit, *, person: Person) -> list[str]:
    """Ten codes, to be shown once; those of before count no more."""
    await unit.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_code_of(unit.new_token()) for _ in range(CODES)]
    unit.session.add_all(RecoveryCode(person_id=person.id, digest=_digest(unit, person, one)) for one in codes)
    await unit.session.flush()
    unit.record("accounts.recovery_codes_made", kind="person", id=person.id)
    return codes


async def use_code(unit: Unit, *, person: Person, code: str) -> None:
    """Raises WrongRecoveryCode; each counts once."""
    known = (RecoveryCode.person_id == person.id, RecoveryCode.digest == _digest(unit, person, code))
    using = update(RecoveryCode).where(*known, RecoveryCode.used_at.is_(None)).values(used_at=unit.now)
    if not await _one_changed(unit, using):
        raise WrongRecoveryCode
    unit.record("accounts.recovery_code_used", kind="person", id=person.id)


def _code_of(token: str) -> str:
    """ABCD-EFGH-JKLM: 60 bits."""
    drawn = hashlib.sha256(token.encode()).digest()[:CODE_LENGTH]
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in drawn)
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def _digest(unit: Unit, person: Person, code: str) -> bytes:
    """Keyed: who reads the database cannot try codes against it."""
    plain = "".join(letter for letter in code.upper() if letter in ALPHABET)
    return hmac.digest(unit.keys.derive("recovery codes"), f"{person.id} {plain}".encode(), hashlib.sha256)


# ---- all of it


async def reset(unit: Unit, *, person: Person) -> None:
    """Takes every second factor away, for who has lost them all."""
    await remove_totp(unit, person=person)
    await unit.session.execute(delete(Passkey).where(Passkey.person_id == person.id))
    await unit.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    unit.record("accounts.second_factor_reset", kind="person", id=person.id)


async def _one_changed(unit: Unit, statement: Any) -> bool:
    done = await unit.session.execute(statement, execution_options={"synchronize_session": False})
    return isinstance(done, CursorResult) and done.rowcount == 1
