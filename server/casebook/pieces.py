"""A text cut into what may stay and what was taken out."""

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    NAME = "name"
    STAFF = "staff"
    NUMBER = "number"
    PHONE = "phone"
    ADDRESS = "address"
    INSTITUTION = "institution"
    CONTACT = "contact"
    BIRTH = "birth"
    AGE = "age"
    DATE = "date"


STANDS_FOR: dict[What, str] = {
    What.NAME: "[姓名]",
    What.STAFF: "[医务人员]",
    What.NUMBER: "[编号]",
    What.PHONE: "[电话]",
    What.ADDRESS: "[地址]",
    What.INSTITUTION: "[机构]",
    What.CONTACT: "[联系方式]",
    What.BIRTH: "[出生日期]",
    What.AGE: "90岁以上",
}
"""What is written where something was; a date is moved instead."""


@dataclass(frozen=True)
class Piece:
    """`text` as it was; `instead` what is read, when it is `what`."""

    text: str
    what: What | None = None
    instead: str = ""

    @property
    def read(self) -> str:
        return self.text if self.what is None else self.instead


def joined(pieces: "list[Piece]") -> str:
    return "".join(piece.read for piece in pieces)
