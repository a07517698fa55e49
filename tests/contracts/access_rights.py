"""What the access tests expect: what each address is about, how each stands to it, what a route asks for besides.

An address whose object is not named here fails: name it.
"""

from server.core.access import Relation
from server.core.http import PUBLIC, SIGNED_IN
from tests.contracts.access_cases import creation
from tests.contracts.access_lessons import CO_TEACHER
from tests.contracts.access_world import NOWHERE, STANDS, STREAM, TUS

OWN, PARTICIPANT, INSTITUTION, CONSORTIUM = (
    Relation.OWN,
    Relation.PARTICIPANT,
    Relation.INSTITUTION,
    Relation.CONSORTIUM,
)

OBJECTS = (
    ("/consultations/{id}", "case"),
    ("/api/consultations/{id}", "case"),
    ("/patients/{id}", "patient"),
    ("/consents/{id}", "consent"),
    ("/files/uploads/{id}", "upload"),
    ("/files/{id}/complete", "upload"),
    ("/files/{id}/put-back", "withdrawn"),
    ("/files/{id}/withdraw", "own file"),
    ("/files/of/{kind}/{id}", "case"),
    ("/files/{id}", "file"),
    ("/rooms/{id}", "room"),
    ("/schedule/posts/{id}", "post"),
    ("/schedule/exceptions/{id}", "exception"),
    ("/directory/institutions/{id}", "institution"),
    ("/directory/agreements/{id}", "agreement"),
    ("/directory/consortia/{id}", "consortium"),
    ("/directory/departments/{id}", "department"),
    ("/me/sign-ins/{id}", "sign_in"),
    ("/second-factor/passkeys/{id}", "passkey"),
    ("/people/{id}", "person"),
    ("/teaching/sessions/{id}", "session"),
    ("/teaching/cases/{id}/copies", "case under review"),
    ("/teaching/cases/{id}", "teaching case"),
    ("/teaching/recordings/{id}", "recording"),
    ("/consultations/recordings/{id}", "case recording"),
    ("/teaching/courses/{id}", "course"),
)
"""The beginning of an address → what its {id} is; the first that fits counts."""

SAME_AS = {"own file": "file"}

OF_A_CASE = {
    "own": {OWN, INSTITUTION, CONSORTIUM},
    "participant": {PARTICIPANT, INSTITUTION, CONSORTIUM},
    "hospital": {INSTITUTION, CONSORTIUM},
    "consortium": {CONSORTIUM},
    "other": frozenset(),
}
OF_WHO_DID_IT = {**dict.fromkeys(STANDS, frozenset()), "own": {OWN, INSTITUTION, CONSORTIUM}}
OF_A_POST = {**OF_A_CASE, "participant": {CONSORTIUM}}
OF_A_PATIENT = {**dict.fromkeys(STANDS, frozenset()), "own": {OWN, INSTITUTION}, "hospital": {INSTITUTION}}
RELATIONS = {
    "case": OF_A_CASE,
    "case recording": OF_A_CASE,
    "file": OF_A_CASE,
    "room": OF_A_CASE,
    "patient": OF_A_PATIENT,
    "consent": OF_A_PATIENT,
    "upload": OF_WHO_DID_IT,
    "withdrawn": OF_WHO_DID_IT,
    "own file": OF_WHO_DID_IT,
    "post": OF_A_POST,
    "exception": OF_A_POST,
    "course": OF_A_POST,
    "session": {**OF_A_CASE, "participant": {PARTICIPANT, CONSORTIUM}},
    "recording": {**OF_A_CASE, "participant": {PARTICIPANT, CONSORTIUM}},
    "teaching case": {**OF_A_CASE, "own": {CONSORTIUM}, "participant": {OWN, CONSORTIUM}},
    "case under review": {**OF_A_CASE, "own": {CONSORTIUM}, "participant": {OWN, CONSORTIUM}},
    "institution": OF_A_POST,
    "department": OF_A_POST,
    "consortium": {**dict.fromkeys(STANDS, frozenset({CONSORTIUM})), "other": frozenset()},
    "person": OF_A_POST,
    "agreement": {**OF_A_POST, "participant": {INSTITUTION, CONSORTIUM}},
}
"""How each stands to an object of a kind."""

SEATS = {"own": ("host", OWN), "participant": ("audience", PARTICIPANT)}
"""Who organises or teaches, and who is enrolled; nobody else comes into a hall."""

ROOM = [("room.enter", "room")]
CASE_OF_A_CONSENT = [("consent.record", "patient"), ("consultation.edit", "case")]
BEHIND = {
    "GET /rooms/{id}": ROOM,
    "POST /rooms/{id}/join": ROOM,
    "POST /rooms/{id}/check": ROOM,
    "POST /rooms/{id}/handover": ROOM,
    "POST /rooms/{id}/guests": [*ROOM, ("room.invite_guest", "room")],
    "POST /rooms/{id}/guests/{link}/revoke": [*ROOM, ("room.invite_guest", "room")],
    "GET /patients/{id}/consent": CASE_OF_A_CONSENT,
    "POST /patients/{id}/consent": CASE_OF_A_CONSENT,
    "POST /patients/{id}/consent/emergency": CASE_OF_A_CONSENT,
    "POST /files/uploads": [("file.upload", "case")],
}
"""Routes that ask for more than their action: each of these, with what its object is."""

ONLY_ONES_OWN = {
    "POST /posts/switch",
    "POST /me/sign-ins/{id}/revoke",
    "POST /second-factor/passkeys/{id}/remove",
}
"""Routes for whoever is signed in, about something of their own: nobody else's is found."""

MISSING_IS_FINE = {"GET /verify/{code}", "GET /calendar/{code}.ics"}
"""Public routes that answer 404 to what there is not."""


# ---- what is asked, and what is expected ----


def asked_of(app_rules):
    """(name, method, pattern, rule) of every route."""
    return [(f"{method} {pattern}", method, pattern, rule) for (method, pattern), rule in sorted(app_rules.items())]


def kind_in(pattern):
    if "{id}" not in pattern:
        return None
    return next((kind for beginning, kind in OBJECTS if pattern.startswith(beginning)), "unlisted")


def filled(world, name, method, pattern, *, absent=False):
    """The request that this route gets: its address, fields and headers."""
    objects, kind = world.objects, kind_in(pattern)
    id = NOWHERE if absent else objects.get(SAME_AS.get(kind, kind), NOWHERE)
    case = NOWHERE if absent else objects["case"]
    words = {"{id}": id, "{signing}": objects["signing"], "{kind}": "consultation", "{name}": "document", "{code}": "X"}
    words |= {"{member}": objects["member"], "{post}": objects["persons post"], "{phase}": "0"}
    words |= {"{file}": objects["recorded file of the case" if kind == "case recording" else "recorded file"]}
    words |= {"{person}": world.people["participant"].id}
    words |= {"{rung}": "180", "{line}": objects["caption"]}
    words |= {"{copy}": objects["copy"], "{place}": "0", "{link}": objects["link"]}
    if pattern.startswith("/people/export"):
        words["{kind}"] = "xlsx"
    path, fields, headers = pattern, None if method == "GET" else {"reason": "试一试"}, None
    for word, value in words.items():
        path = path.replace(word, value)
    if "/consent" in pattern and kind == "patient":
        path, fields = (f"{path}?for={case}", None) if method == "GET" else (path, {**fields, "subject": case})
    if name == "POST /files/uploads":
        headers = creation(case)
    elif "/files/uploads" in pattern:
        headers = {**STREAM, "Upload-Offset": "0"} if method == "PATCH" else TUS
    elif name == "POST /files/{id}/complete":
        fields = {"sha256": "0" * 64}
    elif name == "POST /posts/switch":
        fields = {"post": NOWHERE if absent else objects["post"]}
    return path, fields, headers


def allowed(world, name, pattern, rule, stand, role):
    """Whether access.toml lets this role do it, standing so to the object."""
    if name in ONLY_ONES_OWN:
        return stand == "own"
    if rule.action in (PUBLIC, SIGNED_IN) and name not in BEHIND:
        return True
    needs = BEHIND.get(name) or [(rule.action, kind_in(pattern))]
    return all(granted(world, role, stand, action, kind) for action, kind in needs)


def granted(world, role, stand, action, kind):
    granted = world.database.matrix.granted(role.value, action)
    if kind is None:
        return bool(granted)
    return Relation.ANY in granted or not granted.isdisjoint(RELATIONS[kind][stand])


def let_in(answer):
    return answer.status < 500 and answer.status not in (401, 403, 404)


def turned_away(answer, method, absent):
    return answer.status == 404 and (method == "HEAD" or answer.told == absent)


def seat_in_the_hall(world, stand, role):
    """Where the door of the hall seats them; None for whoever it does not let in."""
    seat, needs = ("stage", OWN) if (stand, role) == CO_TEACHER else SEATS.get(stand, ("", None))
    return seat if needs in world.database.matrix.granted(role.value, "teaching.enter") else None
