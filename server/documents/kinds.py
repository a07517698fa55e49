"""Why a document counts no longer: words others may use without the tables."""

from enum import StrEnum


class RevocationReason(StrEnum):
    """Kept with the document, told to nobody who verifies it."""

    MISTAKE = "mistake"
    MISCONDUCT = "misconduct"


REASON_WORDS = {RevocationReason.MISTAKE: "登记有误", RevocationReason.MISCONDUCT: "代签、冒名或弄虚作假"}
