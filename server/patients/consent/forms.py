"""What comes from the consent page."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from server.patients.consent.model import ConsentKind, Method, Signer
from server.patients.consent.signing import Emergency, SignedBy
from server.patients.particulars import Kin

LONGEST_STROKES = 1_000_000


class Asked(BaseModel):
    """Which case, in which language the text is read."""

    subject: str = Field(min_length=1, max_length=64)
    text: Literal["zh", "en"] = "zh"


class Signing(Asked):
    kinds: list[ConsentKind] = []
    signing: str = Field(pattern=r"^[0-9a-f]{32}$")
    signer: Signer = Signer.PATIENT
    signer_name: str = Field("", max_length=200)
    signer_relation: Kin | None = None
    signer_phone: str = Field("", max_length=40)
    method: Method = Method.ON_SCREEN
    strokes: str = Field("", max_length=LONGEST_STROKES)

    @property
    def signed_by(self) -> SignedBy:
        return SignedBy(
            signer=self.signer,
            name=self.signer_name,
            relation=self.signer_relation.value if self.signer_relation else "",
            phone=self.signer_phone,
        )


class ExceptionAsked(Asked):
    approver: str = Field("", max_length=60)
    approver_post: str = Field("", max_length=60)
    reason: str = Field("", max_length=500)

    @property
    def emergency(self) -> Emergency:
        return Emergency(approver=self.approver, approver_post=self.approver_post, reason=self.reason)


class Withdrawal(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    said: str = Field(min_length=2, max_length=500)
    back: str = Field("", max_length=200)
