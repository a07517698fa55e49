"""A file as a tile or a viewer shows it: words for people, made from codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.unit import Unit
from server.files.model import Attachment
from server.files.service import name_of
from server.files.states import SENTENCES, Kind, Status

Saying = tuple[str, dict[str, Any]]
"""A msgid with its facts."""

KINDS = {Kind.PHOTO: "照片", Kind.PDF: "PDF", Kind.DICOM: "影像", Kind.ECG: "心电图", Kind.OTHER: "文件"}
ICONS = {Kind.PHOTO: "image", Kind.PDF: "file", Kind.DICOM: "image", Kind.ECG: "ecg", Kind.OTHER: "file"}
MODALITIES = {
    "CR": "X 光片",
    "DX": "X 光片",
    "DR": "X 光片",
    "RG": "X 光片",
    "CT": "CT",
    "MR": "磁共振",
    "US": "超声",
    "XA": "造影",
    "RF": "透视",
    "MG": "乳腺片",
    "ES": "内镜",
    "NM": "核医学",
    "PT": "PET",
    "SC": "影像",
    "OT": "影像",
}
BODY_PARTS = {
    "CHEST": "胸部",
    "HEAD": "头部",
    "BRAIN": "头部",
    "NECK": "颈部",
    "ABDOMEN": "腹部",
    "PELVIS": "骨盆",
    "SPINE": "脊柱",
    "EXTREMITY": "四肢",
    "HEART": "心脏",
    "HAND": "手",
    "FOOT": "足",
    "KNEE": "膝",
    "SHOULDER": "肩",
    "BREAST": "乳腺",
}


@dataclass(frozen=True, kw_only=True)
class Card:
    """`says` are msgids with facts, joined by the template; `wrong_patient` warns before anyone reads the picture."""

    id: str
    name: str
    kind: Kind
    status: Status
    icon: str
    says: Sequence[Saying]
    trouble: str
    wrong_patient: bool
    thumbnail: bool
    mine: bool
    size: str
    acquired_at: datetime | None
    created_at: datetime

    @property
    def is_ready(self) -> bool:
        return self.status is Status.READY


def card(unit: Unit, attachment: Attachment) -> Card:
    facts = attachment.facts or {}
    return Card(
        id=attachment.id,
        name=name_of(unit, attachment),
        kind=attachment.kind,
        status=attachment.status,
        icon=ICONS[attachment.kind],
        says=says(attachment.kind, facts) if attachment.status is Status.READY else (),
        trouble=SENTENCES[attachment.reason] if attachment.reason else "",
        wrong_patient=facts.get("speaks_of") == "another",
        thumbnail=any(one.name == "thumbnail" for one in attachment.derivatives),
        mine=unit.signed_in is not None and unit.signed_in.person_id == attachment.person_id,
        size=size_in_words(attachment.size),
        acquired_at=attachment.acquired_at,
        created_at=attachment.created_at,
    )


LEFT = {
    "photo": "压缩包里另有 %(count)s 张照片没有接收，请单独上传",
    "pdf": "压缩包里另有 %(count)s 份 PDF 没有接收，请单独上传",
    "ecg": "压缩包里另有 %(count)s 份心电图文件没有接收，请单独上传",
}


def says(kind: Kind, facts: dict[str, Any]) -> list[Saying]:
    match kind:
        case Kind.DICOM:
            return [*_dicom_says(facts), *_left_says(facts)]
        case Kind.ECG:
            leads: Saying = ("%(leads)s 导联", {"leads": facts["leads"]})
            return [("心电图", {}), leads, _lasting(facts["seconds"]), *_left_says(facts)]
        case Kind.PDF:
            return [("PDF", {}), ("%(pages)s 页", {"pages": facts["pages"]})]
        case _:
            return [(KINDS[kind], {})]


def _dicom_says(facts: dict[str, Any]) -> list[Saying]:
    modality, part = facts.get("modality", ""), facts.get("body_part", "")
    said: list[Saying] = [(MODALITIES.get(modality, modality or "影像"), {})]
    if part in BODY_PARTS:
        said.append((BODY_PARTS[part], {}))
    if facts["frames"] > 1:
        said.append(("%(frames)s 幅", {"frames": facts["frames"]}))
    if facts.get("skipped"):
        said.append(("有 %(skipped)s 个文件读不出", {"skipped": facts["skipped"]}))
    return said


def _left_says(facts: dict[str, Any]) -> list[Saying]:
    """What lay in the zip besides: to be sent by itself."""
    return [(LEFT[kind], {"count": count}) for kind, count in facts.get("left", {}).items()]


def _lasting(seconds: int) -> Saying:
    if seconds < 120:
        return "%(seconds)s 秒", {"seconds": seconds}
    return "%(minutes)s 分钟", {"minutes": round(seconds / 60)}


def size_in_words(size: int) -> str:
    for unit, most in (("KB", 1024**2), ("MB", 1024**3)):
        if size < most:
            return f"{max(1, round(size / (most / 1024)))} {unit}"
    return f"{size / 1024**3:.1f} GB"
