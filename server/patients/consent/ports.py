"""What consents need of capabilities above: the case they are about, the photo of the paper. Filled by the site."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from server.core.unit import Unit
from server.patients.consent.model import Consent, Occasion


@dataclass(frozen=True, kw_only=True)
class ConsentSubject:
    """What somebody agrees to."""

    id: str
    patient_id: str
    occasion: Occasion = Occasion.CONSULTATION
    title: str = ""
    invited: str = ""
    """The name of the institution that is asked, where it is known already."""
    fee_cents: int | None = None
    """None where it is not known yet."""
    back: str = ""
    """The page to go on to after signing."""


class Subjects(Protocol):
    async def subject(self, unit: Unit, subject_id: str, patient_id: str) -> ConsentSubject:
        """The case or lesson, when the actor may ask this patient for consent to it. Raises NotFound."""

    async def changed(self, unit: Unit, consents: Sequence[Consent], *, on: bool) -> None:
        """These were just given, or withdrawn: whoever is talking about the case must know."""


class Papers(Protocol):
    async def of_signing(self, unit: Unit, signing_id: str) -> str | None:
        """The file uploaded for a signing (subject "consent"), once it was checked and is a photo or a PDF."""
