"""Files of a case: what is kept of each, the states it goes through, why it may be refused."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.core.orm import Base, Id

MEGABYTE = 1024 * 1024
LARGEST_IMAGES = 512 * MEGABYTE
LARGEST = 50 * MEGABYTE
"""Bytes of a DICOM file or a zip of them; of anything else."""
A_DAYS_WORTH = 4 * 1024 * MEGABYTE
"""Bytes that one person may send in a day."""


class Kind(StrEnum):
    PHOTO = "photo"
    PDF = "pdf"
    DICOM = "dicom"
    ECG = "ecg"
    OTHER = "other"  # until it has been looked at


class Status(StrEnum):
    UPLOADING = "uploading"
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"


MOVES = {
    Status.UPLOADING: {Status.CHECKING},
    Status.CHECKING: {Status.READY, Status.REFUSED},
    Status.READY: set(),
    Status.REFUSED: set(),
}


class Reason(StrEnum):
    """Why a file is not taken."""

    UNKNOWN_TYPE = "unknown_type"
    DISGUISED = "disguised"
    HEIC = "heic"
    DAMAGED = "damaged"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    ENTITIES = "entities"
    TOO_LARGE_INSIDE = "too_large_inside"
    TOO_DEEP = "too_deep"
    TOO_LONG = "too_long"
    NO_PICTURE = "no_picture"
    NO_SCALE = "no_scale"
    UNSUPPORTED_CODEC = "unsupported_codec"


SENTENCES = {
    Reason.UNKNOWN_TYPE: "认不出这种文件。可以上传照片、PDF、DICOM 影像和心电图文件",
    Reason.DISGUISED: "文件里藏有程序或网页代码，没有接收。请从设备上重新导出",
    Reason.HEIC: "这是 HEIC 格式的照片，请在手机相机设置里选“兼容性最佳”，或转成 JPEG 后再传",
    Reason.DAMAGED: "文件损坏或不完整，没有接收。请从设备上重新导出",
    Reason.EMPTY: "文件是空的，没有接收",
    Reason.ENCRYPTED: "文件设有密码，请去掉密码后再传",
    Reason.ENTITIES: "文件里引用了外部内容，没有接收。请从设备上重新导出",
    Reason.TOO_LARGE_INSIDE: "文件展开后过大，没有接收。请分成几份再传",
    Reason.TOO_DEEP: "文件内部嵌套过深，没有接收。请从设备上重新导出",
    Reason.TOO_LONG: "文件在规定时间内没有读完，没有接收。请从设备上重新导出或分成几份",
    Reason.NO_PICTURE: "文件里没有可以显示的图像或波形",
    Reason.NO_SCALE: "心电图文件没有注明幅度单位，无法按标准走纸显示。请换一种格式导出",
    Reason.UNSUPPORTED_CODEC: "影像的压缩方式暂不支持，请用未压缩或普通 JPEG 方式重新导出",
}


class IllegalMove(Exception):
    """A file cannot go from its state to the one wanted."""


class Attachment(Base):
    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_subject", "subject_kind", "subject_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[Id]
    uploaded_by: Mapped[Id] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    institution_id: Mapped[Id] = mapped_column(ForeignKey("institutions.id"))
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[Kind] = mapped_column(default=Kind.OTHER)
    media_type: Mapped[str] = mapped_column(String(64), default="application/octet-stream")
    status: Mapped[Status] = mapped_column(default=Status.UPLOADING)
    reason: Mapped[Reason | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    acquired_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    derivatives: Mapped[list["Derivative"]] = relationship(lazy="selectin", order_by="Derivative.name")

    __mapper_args__ = {"version_id_col": version}

    def move(self, to: Status) -> None:
        """Raises IllegalMove."""
        if to not in MOVES[self.status]:
            raise IllegalMove(f"{self.status} to {to}")
        self.status = to


class Derivative(Base):
    """Something made of an attachment for the eye; it may be made again from the original."""

    __tablename__ = "attachment_derivatives"
    __table_args__ = (Index("uq_attachment_derivatives_name", "attachment_id", "name", unique=True),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    attachment_id: Mapped[Id] = mapped_column(ForeignKey("attachments.id"))
    name: Mapped[str] = mapped_column(String(32))
    media_type: Mapped[str] = mapped_column(String(64))
    encoding: Mapped[str] = mapped_column(String(8), default="")
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
