"""A doctor's private key under two locks: the doctor's own secret, and the site's key. Neither opens it alone.

The inner lock is AES-256-GCM under Argon2id of the secret; the outer one is the site's keyring, whose key lies outside
the database. An operator with the disk lacks the secret, a stolen secret lacks the site's key (电子签名法 第十三条:
signature data owned and controlled by the signer alone).
"""

from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key

from server.core.crypto import Keyring
from server.core.errors import Refusal
from server.documents.pki import PrivateKey, key_bytes


class WrongSecret(Refusal):
    code = "documents.wrong_secret"
    status = 403
    says = "签名口令不正确"


@dataclass(frozen=True)
class Cost:
    """What a guess costs (RFC 9106, second recommended option); kept with each key so that it can be raised."""

    passes: int = 3
    kibibytes: int = 65536
    lanes: int = 4

    def written(self) -> str:
        return f"argon2id:{self.passes}:{self.kibibytes}:{self.lanes}"

    @classmethod
    def read(cls, text: str) -> "Cost":
        return cls(*map(int, text.split(":")[1:]))


def lock(key: PrivateKey, *, secret: str, salt: bytes, about: str, keys: Keyring, cost: Cost) -> bytes:
    """The key under both locks; `about` (the row it lies in) and `salt` (fresh) are needed again to open it."""
    cipher, nonce = _inner(secret, salt, cost)
    return keys.seal(cipher.encrypt(nonce, key_bytes(key), about.encode()), about)


def unlock(sealed: bytes, *, secret: str, salt: bytes, about: str, keys: Keyring, cost: Cost) -> PrivateKey:
    """The key in the clear (about 100 ms, lets other threads run).

    Raises WrongSecret; UnreadableSeal when the site's key is not the one it was locked with.
    """
    locked = keys.open(sealed, about)
    cipher, nonce = _inner(secret, salt, cost)
    try:
        plain = cipher.decrypt(nonce, locked, about.encode())
    except InvalidTag:
        raise WrongSecret from None
    key = load_der_private_key(plain, None)
    assert isinstance(key, PrivateKey)
    return key


def _inner(secret: str, salt: bytes, cost: Cost) -> tuple[AESGCM, bytes]:
    """Key and nonce both come from the secret and a salt used once, so no nonce ever serves two texts."""
    drawn = hash_secret_raw(secret.encode(), salt, cost.passes, cost.kibibytes, cost.lanes, hash_len=44, type=Type.ID)
    return AESGCM(drawn[:32]), drawn[32:]
