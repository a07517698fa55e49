"""The whole of a case as headed passages, in the order things happened: its history on paper."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Opinion
from server.consultation.views import Say
from server.core.i18n import local_date, local_time
from server.documents.papers import Passage

OPINION_WORDS = (
    ("basis", "依据"),
    ("findings", "所见"),
    ("diagnoses", "诊断意见"),
    ("plan", "处理建议"),
    ("medications", "建议用药"),
    ("tests", "建议检查"),
    ("warnings", "警示"),
    ("referral_advice", "转诊建议"),
)
"""The sections of an opinion in the order of its page; rows become lines."""

Told = Iterator[tuple[str, str]]


def passages(case: Consultation, context: Mapping[str, Any], translate: Say, locale: str) -> tuple[Passage, ...]:
    """`context` is that of the page of a history."""
    whole = Whole(case, context, translate, locale)
    told = (*whole.request(), *whole.way(), *whole.opinions(), *whole.afterwards())
    return tuple(Passage(heading=heading, text=text) for heading, text in told if text.strip())


class Whole:
    """Headings and texts of a case, in a reader's words and hours; an empty text is left out by the caller."""

    def __init__(self, case: Consultation, context: Mapping[str, Any], translate: Say, locale: str) -> None:
        self.case, self.context, self.translate, self.locale = case, context, translate, locale

    def request(self) -> Told:
        yield self.translate("想问专家的问题"), self.case.question
        for name, word in self.context["story_words"]:
            yield word, str(self.context["story"][name] or "")
            if name == "story":
                yield from self.context["answers"]
                vitals = "，".join(f"{word} {value}" for word, value in self.context["vitals"])
                yield self.translate("生命体征"), vitals
        yield self.translate("附件"), _lines(self._file(one) for one in self.context["files"])
        yield self.translate("知情同意"), _lines(self._signing(one) for one in self.context["consent"]["signings"])

    def way(self) -> Told:
        """Who was asked, who came, what was written in the room."""
        yield self.translate("邀请记录"), _lines(self._invitation(one) for one in self.context["invitations"])
        yield self.translate("到场记录"), _lines(self._stay(one) for one in self.context["attendance"])
        chat = (f"{self._at(one.at)} {one.name}{self.translate('：')}{one.text}" for one in self.context["chat"])
        yield self.translate("会诊室聊天"), _lines(chat)

    def opinions(self) -> Told:
        """The one that counts by its sections, then those it superseded, each as one text."""
        if self.context["signed"]:
            yield from self._sections(self.context["signed"])
        for old in self.context["opinions"]:
            if old.state is OpinionState.SUPERSEDED:
                heading = self.translate("第 %(n)s 版（已被代替）", {"n": old.edition})
                yield heading, _lines(f"{word}{self.translate('：')}{text}" for word, text in self._sections(old))

    def afterwards(self) -> Told:
        for one in self.context["decisions"]:
            row, heading = one["row"], f"{self.translate('申请方决定')}{self.translate('：')}{one['word']}"
            yield heading, _lines((row.reason, row.plan, self._follow_up(row.follow_up_on))) or "—"
        yield self.translate("双方评价"), _lines(self._rating(one) for one in self.context["ratings"])

    def _follow_up(self, day: date | None) -> str:
        return f"{self.translate('随访日期')} {local_date(day, self.locale)}" if day else ""

    def _sections(self, opinion: Opinion) -> Told:
        for name, word in OPINION_WORDS:
            if text := _written(opinion.sections.get(name, "")):
                yield self.translate(word), text

    def _file(self, card: Any) -> str:
        says = " · ".join(self.translate(word, facts) for word, facts in card.says)
        return " · ".join(filter(None, (card.name, says, self._at(card.created_at))))

    def _signing(self, signing: Any) -> str:
        kinds = "，".join(f"{line.kind} {line.state}" for line in signing.lines)
        return f"{self._at(signing.at)} {kinds}"

    def _invitation(self, one: Mapping[str, Any]) -> str:
        row = one["row"]
        return " ".join(filter(None, (self._at(row.answered_at or row.sent_at), one["name"], one["word"], row.reason)))

    def _stay(self, one: Any) -> str:
        return f"{one.name} {self._at(one.since)} – {self._at(one.until) if one.until else self.translate('在场')}"

    def _rating(self, one: Mapping[str, Any]) -> str:
        stars = self.translate("%(stars)s 分（满分 5 分）", {"stars": one["row"].stars})
        return " ".join(filter(None, (one["name"], one["word"], stars, one["row"].words)))

    def _at(self, at: datetime) -> str:
        return local_time(at, self.locale)


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(filter(None, texts))


def _written(section: Any) -> str:
    if isinstance(section, str):
        return section
    return "\n".join(" ".join(filter(None, map(str, row.values()))) for row in section)
