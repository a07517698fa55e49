"""Why the room says no. The code travels to the page, which has the words for it."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Asked, understood, and not granted. Answered as `{ok: false, error: {code, …}}`."""

    code: ClassVar[str] = "server.error"

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def answer(self) -> dict[str, Any]:
        """The acknowledgement the client receives instead of `{ok: true, …}`."""
        return {"ok": False, "error": {"code": self.code, **self.facts}}


class ServerError(Refusal):
    """Our own failure, already logged; nothing of it leaks to the page."""


class Malformed(Refusal):
    code = "message.malformed"


class UnknownMessage(Refusal):
    code = "message.unknown"


class TooFast(Refusal):
    code = "message.too_fast"


class Unavailable(Refusal):
    """The database or the store did not answer in time; asking again later is right."""

    code = "server.unavailable"


class TicketRefused(Refusal):
    """Unknown, spent or expired: alike, so that nobody learns which."""

    code = "room.ticket_refused"


class GrantRevoked(Refusal):
    code = "room.revoked"


class ProofNeeded(Refusal):
    """Whoever sits at that device is to prove who they are, as the house asks it, and to say it again."""

    code = "room.proof_needed"


class ProofElsewhere(Refusal):
    """Nobody is signed in at that device, so no proof can be given there: a call that was handed over to a phone."""

    code = "room.proof_elsewhere"


class NotJoined(Refusal):
    code = "room.not_joined"


class StillWaiting(Refusal):
    code = "room.waiting"


class AlreadyJoined(Refusal):
    code = "room.already_joined"


class Elsewhere(Refusal):
    """The same person is in this room on another device; `move: true` takes the call over."""

    code = "room.elsewhere"


class NotBegun(Refusal):
    """The house says that this session cannot end yet: it has not begun."""

    code = "room.not_begun"


class NotHost(Refusal):
    code = "room.not_host"


class NotAllowed(Refusal):
    """The grant's `may` lacks the word named in `may`."""

    code = "room.not_allowed"


class NobodyThere(Refusal):
    code = "room.nobody_there"


class Away(Refusal):
    """That person is reconnecting; nothing is stored for them, so try again when they are here."""

    code = "room.away"


class PageGone(Refusal):
    """Meant for a page load that has been replaced; look at the roster and negotiate anew."""

    code = "room.page_gone"


class RoomEnded(Refusal):
    code = "room.ended"


class RoomFull(Refusal):
    code = "room.full"


class Uncarried(Refusal):
    """Done once the server carries the media; `otherwise` is what it comes to where no server can."""

    otherwise: ClassVar[type[Refusal]] = Unavailable


class MeshFull(Uncarried):
    """There would be a place."""

    code, otherwise = RoomFull.code, RoomFull


class StageFull(Refusal):
    """As many are on the stage as may be; take somebody off first."""

    code = "room.stage_full"


class CheckRunning(Refusal):
    """One check at a time."""

    code = "lesson.check_running"


class CheckOver(Refusal):
    code = "lesson.check_over"


class PollRunning(Refusal):
    """One poll at a time: show its result first."""

    code = "lesson.poll_running"


class PollOver(Refusal):
    code = "lesson.poll_over"


class AlreadyChosen(Refusal):
    """The first answer counts."""

    code = "lesson.already_chosen"


class NoSuchThing(Refusal):
    """That line or question is not there, or no longer open."""

    code = "lesson.no_such_thing"


class TooMany(Refusal):
    """As many questions or strokes as one may have."""

    code = "lesson.too_many"


class PageTurned(Refusal):
    """Another page is shown by now."""

    code = "lesson.page_turned"


class GroupsOpen(Refusal):
    """The hall talks in groups: call them back first."""

    code = "lesson.groups_open"


class GroupsGone(Refusal):
    """There are no groups, or not so many."""

    code = "lesson.groups_gone"


class Hushed(Refusal):
    """A host has taken this participant's word in writing."""

    code = "chat.hushed"


class ChatClosed(Refusal):
    """Only those who teach may write now."""

    code = "chat.closed"


class ConsentMissing(Refusal):
    """Not recorded, or not on a stage that is: `who` has not agreed, `patient` no longer does."""

    code = "room.consent_missing"


class NotFilmed(Refusal):
    """Nothing here can record: the media goes from browser to browser for good, or is not kept."""

    code = "room.not_filmed"


class FilmUncarried(Uncarried):
    """Everybody agreed; what goes from browser to browser the server cannot write down."""

    code, otherwise = NotFilmed.code, NotFilmed


class PatientConsentMissing(Refusal):
    """The house has no consent of the patient to be recorded, nor to captions of what is said beside them."""

    code = "room.patient_consent_missing"


class MediaUnavailable(Refusal):
    """Nothing carries media here now; asking again in a second is right."""

    code = "media.unavailable"


class MediaUnreadable(Refusal):
    """The description cannot be used."""

    code = "media.unreadable"


class NotWatching(Refusal):
    """There is no such connection or view; `watch` anew."""

    code = "media.not_watching"
