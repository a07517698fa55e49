"""What browsers send about consultations, as frozen values."""

from datetime import datetime, time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from server.consultation.complaints import PROMPTS
from server.consultation.kinds import Adoption, Complaint, Fate
from server.core.forms import Day, Moment
from server.core.i18n import BEIJING
from server.scheduling.deadlines import Urgency

VITALS = ("systolic", "diastolic", "pulse", "saturation", "temperature", "respiration")


class NewRequest(BaseModel):
    complaint: Complaint = Complaint.BLANK
    patient_id: str | None = Field(None, max_length=32)


class RequestDraft(BaseModel):
    """Everything of the request's one screen; nothing is required while it is a draft."""

    model_config = ConfigDict(extra="allow")

    version: int | None = None
    complaint: Complaint = Complaint.BLANK
    urgency: Urgency = Urgency.ROUTINE
    story: str = Field("", max_length=8000)
    findings: str = Field("", max_length=8000)
    tests: str = Field("", max_length=8000)
    treatment: str = Field("", max_length=8000)
    history: str = Field("", max_length=4000)
    diagnosis: str = Field("", max_length=2000)
    question: str = Field("", max_length=2000)
    systolic: float | None = Field(None, ge=20, le=350)
    diastolic: float | None = Field(None, ge=10, le=250)
    pulse: float | None = Field(None, ge=10, le=350)
    saturation: float | None = Field(None, ge=20, le=100)
    temperature: float | None = Field(None, ge=25, le=45)
    respiration: float | None = Field(None, ge=2, le=120)
    specialty: str = Field("", max_length=40)
    further_specialties: list[str] = Field(default_factory=list, max_length=8)
    wished_post_id: str | None = Field(None, max_length=32)
    companion: str = Field("", max_length=60)
    preferred_times: str = Field("", max_length=400)

    def fields(self) -> dict[str, Any]:
        """As service.save takes them."""
        vitals = {name: getattr(self, name) for name in VITALS if getattr(self, name) is not None}
        asked = {name for name, _ in PROMPTS[self.complaint]}
        extra = self.model_extra or {}
        answers = {name: str(extra.get(f"answer_{name}", ""))[:1000] for name in asked}
        direct = ("complaint", "urgency", "question", "specialty", "further_specialties", "wished_post_id", "companion")
        free = ("story", "findings", "tests", "treatment", "history", "diagnosis")
        return {
            **{name: getattr(self, name) for name in (*direct, *free)},
            "vitals": vitals,
            "answers": {name: text for name, text in answers.items() if text},
            "preferred_times": [line.strip() for line in self.preferred_times.splitlines() if line.strip()][:5],
        }


class OtherTemplate(RequestDraft):
    """The draft as typed, and the template to go on with."""

    chosen: Complaint = Complaint.BLANK


class ChosenPatient(BaseModel):
    patient_id: str = Field(min_length=1, max_length=32)
    fate: Fate | None = None


class ChosenExpert(BaseModel):
    post_id: str = Field(min_length=32, max_length=32)


class ChosenTime(BaseModel):
    """A time at the site's clock. `slot` is an ISO start from the strip; else `day` and `at` were typed."""

    slot: Moment | None = None
    day: Day | None = None
    at: time | None = None
    minutes: int = Field(30, ge=5, le=240)
    reason: str = Field("", max_length=500)

    def start(self) -> datetime | None:
        if self.slot is not None:
            return self.slot if self.slot.tzinfo else self.slot.replace(tzinfo=BEIJING)
        if self.day and self.at:
            return datetime.combine(self.day, self.at, BEIJING)
        return None


class DecisionForm(BaseModel):
    adoption: Adoption
    reason: str = Field("", max_length=2000)
    plan: str = Field("", max_length=4000)
    follow_up_on: Day | None = None


class RatingForm(BaseModel):
    stars: int = Field(ge=1, le=5)
    words: str = Field("", max_length=1000)


class Amendment(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    why: str = Field(min_length=2, max_length=500)


class OpinionDraft(BaseModel):
    """The sections of an opinion that are text; its rows are read apart."""

    version: int | None = None
    basis: str = Field("", max_length=8000)
    findings: str = Field("", max_length=8000)
    plan: str = Field("", max_length=8000)
    warnings: str = Field("", max_length=4000)
    referral_advice: str = Field("", max_length=4000)


class Signature(OpinionDraft):
    secret: str = Field(min_length=1, max_length=200)
