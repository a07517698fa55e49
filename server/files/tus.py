"""The tus protocol 1.0.0 (creation, termination, checksum): what of it is headers and nothing else."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from multidict import CIMultiDictProxy
from pydantic import BaseModel, Field

from server.core.errors import Refusal
from server.core.forms import readable
from server.files.model import LARGEST_IMAGES

VERSION = "1.0.0"
OFFSET_STREAM = "application/offset+octet-stream"
OPTIONS = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,termination,checksum",
    "Tus-Checksum-Algorithm": "sha256",
    "Tus-Max-Size": str(LARGEST_IMAGES),
}


class OtherVersion(Refusal):
    code = "files.tus_version"
    status = 412
    says = "上传协议版本不符，请刷新页面后重试"


class Malformed(Refusal):
    code = "files.tus_malformed"
    status = 400
    says = "上传请求的格式不对，请刷新页面后重试"


class NotAStream(Refusal):
    code = "files.tus_media_type"
    status = 415
    says = "上传请求的格式不对，请刷新页面后重试"


@dataclass(frozen=True, kw_only=True)
class Creation:
    """What a new upload says of itself. `subject` is the kind and the id of what it belongs to."""

    size: int
    name: str
    subject_kind: str
    subject_id: str


class Completion(BaseModel):
    """The client's own SHA-256 of the whole file."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


def require_version(headers: CIMultiDictProxy[str]) -> None:
    """Raises OtherVersion."""
    if headers.get("Tus-Resumable") != VERSION:
        raise OtherVersion


def creation(headers: CIMultiDictProxy[str]) -> Creation:
    """Raises OtherVersion, Malformed."""
    require_version(headers)
    told = metadata(headers.get("Upload-Metadata", ""))
    subject = re.fullmatch(r"([a-z_]{1,32}):([0-9a-f]{32})", told.get("subject", ""))
    if subject is None:
        raise Malformed
    kind, id = subject.groups()
    size = _whole(headers.get("Upload-Length"))
    return Creation(size=size, name=told.get("filename", ""), subject_kind=kind, subject_id=id)


def offset(headers: CIMultiDictProxy[str]) -> int:
    """Where the bytes of a PATCH belong. Raises OtherVersion, NotAStream, Malformed."""
    require_version(headers)
    if headers.get("Content-Type", "").partition(";")[0] != OFFSET_STREAM:
        raise NotAStream
    return _whole(headers.get("Upload-Offset"))


def metadata(text: str) -> Mapping[str, str]:
    """`key base64, key base64` as text. Raises Malformed."""
    told: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        key, _, value = pair.partition(" ")
        try:
            told[key] = readable(base64.b64decode(value, validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            raise Malformed from None
    return told


def _whole(text: str | None) -> int:
    if text is None or not re.fullmatch(r"[0-9]{1,15}", text):
        raise Malformed
    return int(text)
