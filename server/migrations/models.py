"""Every mapped class, so that the metadata is whole."""

from server.accounts import model as accounts
from server.audit import model as audit
from server.casebook import model as casebook
from server.consultation import model as consultation
from server.core import idempotency, outbox
from server.core.orm import Base
from server.directory import model as directory
from server.documents import model as documents
from server.files import model as files
from server.meeting import model as meeting
from server.meeting.recordings import model as recordings
from server.notices import model as notices
from server.patients import model as patients
from server.patients.consent import model as consent
from server.scheduling import model as scheduling
from server.teaching import model as teaching

metadata = Base.metadata
__all__ = [
    "accounts",
    "audit",
    "casebook",
    "consent",
    "consultation",
    "directory",
    "documents",
    "files",
    "idempotency",
    "meeting",
    "metadata",
    "notices",
    "outbox",
    "patients",
    "recordings",
    "scheduling",
    "teaching",
]
