"""What pages show of consents, in the reader's words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from server.patients.consent.model import Consent, ConsentKind, ConsentState, Method, Occasion, Signer

Say = Callable[[str], str]

KIND_WORDS = {
    ConsentKind.CONSULTATION: "远程会诊",
    ConsentKind.RECORDING: "录音录像",
    ConsentKind.TEACHING: "教学使用",
}
TICK_WORDS = {
    (Occasion.CONSULTATION, ConsentKind.CONSULTATION): "我已阅读并理解以上内容，同意远程会诊",
    (Occasion.CONSULTATION, ConsentKind.RECORDING): "我同意对会诊录音录像",
    (Occasion.CONSULTATION, ConsentKind.TEACHING): "我同意将去除身份信息后的资料用于教学",
    (Occasion.LESSON, ConsentKind.RECORDING): "我同意对教学录音录像，供联合体内的医务人员学习",
    (Occasion.LESSON, ConsentKind.TEACHING): "我已阅读并理解以上内容，同意参加教学",
}
STATE_WORDS = {
    ConsentState.SIGNED: ("已签署", "done"),
    ConsentState.EMERGENCY: ("紧急例外，待补签", "soon"),
    ConsentState.COMPLETED: ("紧急例外，已补签", "idle"),
    ConsentState.SUPERSEDED: ("已重新签署", "idle"),
    ConsentState.WITHDRAWN: ("已撤回", "danger"),
}
SIGNER_WORDS = {Signer.PATIENT: "患者本人", Signer.GUARDIAN: "监护人", Signer.RELATIVE: "近亲属"}
METHOD_WORDS = {Method.ON_SCREEN: "屏幕手写签名", Method.PAPER_PHOTO: "纸质同意书照片"}


@dataclass(frozen=True, kw_only=True)
class ConsentLine:
    """One kind of consent on a list."""

    id: str
    kind: str
    state: str
    tone: str
    state_code: str


@dataclass(frozen=True, kw_only=True)
class SigningLine:
    """What was signed at once."""

    id: str
    subject_id: str
    at: datetime
    lines: list[ConsentLine]
    complete_by: datetime | None


def line(consent: Consent, say: Say) -> ConsentLine:
    words, tone = STATE_WORDS[consent.state]
    kind = say(KIND_WORDS[consent.kind])
    return ConsentLine(id=consent.id, kind=kind, state=say(words), tone=tone, state_code=consent.state)


def signings(consents: Iterable[Consent], say: Say) -> list[SigningLine]:
    """Consents grouped by what was signed at once, the last first."""
    in_order = sorted(consents, key=lambda consent: (consent.recorded_at, consent.signing_id, consent.id))
    groups = [list(group) for _, group in groupby(in_order, key=lambda consent: consent.signing_id)]
    return [
        SigningLine(
            id=group[0].signing_id,
            subject_id=group[0].subject_id,
            at=group[0].recorded_at,
            lines=[line(consent, say) for consent in group],
            complete_by=group[0].complete_by if group[0].state is ConsentState.EMERGENCY else None,
        )
        for group in reversed(groups)
    ]


def fee_words(occasion: Occasion, cents: int | None) -> tuple[str, dict[str, str]]:
    """A msgid and its facts."""
    if occasion is Occasion.LESSON:
        return "教学不收费", {}
    if cents is None:
        return "按本院公示的收费标准，签字前由医生说明", {}
    if cents == 0:
        return "本次会诊不收费", {}
    return "%(yuan)s 元", {"yuan": f"{cents / 100:.2f}"}
