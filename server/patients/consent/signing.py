"""Who signs, what they were shown, who let an emergency begin without them; and whether that does. Pure."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from server.core.errors import Invalid, Refusal
from server.patients.consent.model import Signer
from server.patients.identity import read_name, read_phone
from server.patients.papers import Unfit

SHORTEST_REASON = 10


class GuardianNeeded(Refusal):
    code = "consent.guardian_needed"
    status = 422
    says = "患者未满 14 岁，须由监护人签字"


class OwnEmergency(Refusal):
    code = "consent.own_approval"
    status = 422
    says = "批准人不能是申请会诊的医师本人；同名的，请在姓名后注明，如“王芳（院长）”"


@dataclass(frozen=True, kw_only=True)
class SignedBy:
    """Who signs. For the patient the name on file is taken; others give name and relation."""

    signer: Signer
    name: str = ""
    relation: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the signer had before their eyes."""

    locale: str
    fee: str


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """Who approved to begin without consent (Physicians Law art. 27: the head of the institution or who stands in)."""

    approver: str
    approver_post: str
    reason: str


def checked_signer(signed_by: SignedBy, *, child: bool) -> SignedBy:
    """A guardian or relative whose every field does. Raises GuardianNeeded, Invalid."""
    if child and signed_by.signer is not Signer.GUARDIAN:
        raise GuardianNeeded
    errors: dict[str, str] = {}
    name = _read("signer_name", lambda: read_name(signed_by.name), errors)
    phone = _read("signer_phone", lambda: read_phone(signed_by.phone), errors)
    if not signed_by.relation:
        errors["signer_relation"] = "请选择与患者的关系"
    if errors:
        raise Invalid(errors)
    return replace(signed_by, name=name, phone=phone)


def checked_emergency(emergency: Emergency, *, asked_by: str) -> Emergency:
    """`asked_by` is the name of the asking doctor, who approves nothing of their own (assurance C, `*`).

    Raises Invalid (approver, post or reason missing), OwnEmergency.
    """
    tidy = Emergency(**{field: " ".join(str(value).split()) for field, value in asdict(emergency).items()})
    errors = {}
    if not tidy.approver:
        errors["approver"] = "请填写批准人姓名"
    if not tidy.approver_post:
        errors["approver_post"] = "请填写批准人职务"
    if len(tidy.reason) < SHORTEST_REASON:
        errors["reason"] = "请写明为什么无法先取得同意（至少 10 个字）"
    if errors:
        raise Invalid(errors)
    if _same_name(tidy.approver, asked_by):
        raise OwnEmergency
    return tidy


def _same_name(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def _read(field: str, reader: Callable[[], str], errors: dict[str, str]) -> str:
    try:
        return reader()
    except Unfit as unfit:
        errors[field] = unfit.says
        return ""
