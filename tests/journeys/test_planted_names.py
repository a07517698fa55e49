"""A whole case with planted names and secrets through the running application: afterwards none lies readable anywhere.

Not in the database and what it writes beside it, nor in logs, temporary files, mails, backups or kept files.
"""

import contextlib
import email
import io
import json
import logging
import random
import re
import tempfile
import urllib.parse
from contextlib import redirect_stderr
from datetime import UTC, date, datetime
from email import policy

import pyotp
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from sqlalchemy import text

from server import log
from server.accounts.visits import SESSION
from server.core.clock import SetClock
from server.demo import PASSWORD
from server.operations import backup
from server.operations.repository import Repository
from server.outgoing import Carrier, carry_due
from server.patients.names import invent_id_no
from server.patients.papers import Sex
from server.settings import Settings
from tests.journeys.house import open_house
from tests.journeys.test_road import MONDAY_NINE, REQUEST, STROKES

NAME, LATER_NAME, KIN = "慕容雪见", "慕容雪莲", "尉迟远山"
NUMBER = invent_id_no(random.Random(NAME), born=date(1959, 3, 7), sex=Sex.FEMALE)
PHONE, KIN_PHONE = "13977700421", "13977700688"
ADDRESS, RECORD = "青山县落霞乡柳浪村十三组", "ZY-77003142"
FILE = f"{NAME}的胸片.dcm"
IN_FILM = "MURONG^XUEJIAN"
PLANTED = [NAME, LATER_NAME, KIN, NUMBER, NUMBER[:-1], PHONE, KIN_PHONE, ADDRESS, RECORD, IN_FILM]
CONTROL = "是否需要立即上转"
"""Of the question, which no law wants sealed: the search below would find a name written as this is."""


def spellings(words):
    """How words may lie in a file: in the codings of texts, in JSON, in an address, as a hexadecimal dump."""
    escaped = json.dumps(words)[1:-1].encode()
    coded = [words.encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    return {*coded, escaped, urllib.parse.quote(words).encode(), words.encode().hex().encode()}


def found_in(content, planted):
    return [words for words in planted if any(spelling in content for spelling in spellings(words))]


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where this process and its children put temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
async def house(house_url, tmp_path, temporary):
    """As `lianzhen serve` logs: every request, for machines, into a file."""
    clock = SetClock(MONDAY_NINE)
    path = tmp_path / "server.log"
    async with open_house(tmp_path / "data", database_url=house_url, clock=clock) as house:
        with path.open("a") as written, logged_into(written):
            house.clock, house.log, house.data, house.store = clock, path, tmp_path / "data", house_url
            yield house


@contextlib.contextmanager
def logged_into(file):
    handler = logging.StreamHandler(file)
    logging.getLogger().addHandler(handler)
    with redirect_stderr(file):
        log.set_up(for_people=False)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        log.set_up(for_people=True)


# ---- the road


async def registers(doctor):
    typed = {"id_kind": "resident", "id_no": NUMBER, "phone": PHONE, "address": ADDRESS, "record_no": RECORD}
    refused = await doctor.post("/patients", {"name": NAME, **typed, "phone": PHONE + "9"})
    assert refused.status == 422
    made = await doctor.post("/patients", {"name": NAME, **typed})
    patient = re.search(r"/patients/([0-9a-f]{32})", made.path + made.text)[1]
    page = await doctor.get(f"/patients/{patient}/edit")
    version = re.search(r'name="version" id="f-version" value="(\d+)"', page.text)[1]
    amended = await doctor.post(f"/patients/{patient}", {"name": LATER_NAME, **typed, "version": version})
    assert (amended.status, LATER_NAME in amended) == (200, True), amended.text[-2000:]
    for sought in (LATER_NAME, NUMBER, "慕容"):
        assert LATER_NAME in await doctor.post("/patients/find", {"q": sought})
        await doctor.get(f"/patients?q={urllib.parse.quote(sought)}")
    return patient


async def asks(doctor, patient):
    page = await doctor.post("/consultations", {"complaint": "chest_pain", "patient_id": patient})
    case = re.search(r"/consultations/([0-9a-f]{32})/edit", page.path)[1]
    consent = await doctor.get(f"/patients/{patient}/consent?for={case}")
    signing = re.search(r'name="signing" value="([^"]+)"', consent.text)[1]
    fields = {"subject": case, "signing": signing, "kinds": "consultation", "strokes": STROKES}
    other = {"signer": "relative", "signer_name": KIN, "signer_relation": "child", "signer_phone": KIN_PHONE}
    signed = await doctor.post(f"/patients/{patient}/consent", {**fields, **other, "method": "on_screen", "text": "zh"})
    assert signed.status == 200, signed.text[-3000:]
    await sends(doctor, case)
    sent = await doctor.post(f"/consultations/{case}/submit", REQUEST)
    assert (sent.status, "中心初审" in sent) == (200, True), sent.text[-3000:]
    return case


def film():
    """A picture whose header names the patient, as those of every hospital do."""
    picture = dcmread(get_testdata_file("CT_small.dcm"))
    picture.PatientName, picture.PatientID = IN_FILM, RECORD
    held = io.BytesIO()
    picture.save_as(held)
    return held.getvalue()


async def sends(doctor, case):
    one = await doctor.attaches(f"consultation:{case}", FILE, film())
    assert NAME in await doctor.get(f"/files/{one}/tile"), "the doctor knows the file by its name"
    assert (await doctor.get(f"/files/{one}/view")).status == 200


async def invited(centre, expert, case):
    drawer = await centre.get(f"/consultations/{case}/drawer")
    post = re.search(r'name="post_id" value="([0-9a-f]{32})"(?:(?!post_id).)*?赵敏', drawer.text, re.DOTALL)[1]
    await centre.post(f"/consultations/{case}/invite", {"post_id": post})
    assert LATER_NAME in await expert.post(f"/consultations/{case}/accept")
    drawer = await centre.get(f"/consultations/{case}/drawer")
    slot = re.search(r'name="slot"[^>]*value="([^"]+)"', drawer.text)[1]
    await centre.post(f"/consultations/{case}/schedule", {"slot": slot, "minutes": "30"})
    return datetime.fromisoformat(slot.replace(" ", "+"))


async def meet(house, doctor, expert, case, at):
    house.clock.at = at
    for one, login in ((doctor, "wangfang"), (expert, "zhaomin")):
        await one.sign_in(login)
    room = (await expert.get(f"/consultations/{case}")).link(r"/rooms/[0-9a-f]{32}")
    for one in (doctor, expert):
        assert (await one.enter(room))["state"] == "in"


async def decide(doctor, expert, case):
    plan = {"findings": "ST 段压低。", "diagnoses-0-text": "不稳定型心绞痛", "plan": "当日转诊。"}
    await expert.get(f"/consultations/{case}/opinion")
    assert (await expert.post(f"/consultations/{case}/opinion/draft", plan)).status == 200
    assert (await expert.get(f"/consultations/{case}/opinion/preview.pdf")).status == 200
    await expert.post(f"/consultations/{case}/end")
    signed = await expert.post(f"/consultations/{case}/opinion/sign", {**plan, "secret": PASSWORD})
    assert "意见已出具" in signed, signed.text[-3000:]
    await doctor.get(f"/consultations/{case}")
    assert (await doctor.get(f"/consultations/{case}/report.pdf")).status == 200
    decided = await doctor.post(f"/consultations/{case}/decide", {"adoption": "adopted", "plan": "已联系 120。"})
    assert "已归档" in decided


async def goes_wrong(house, doctor):
    """What fails must not tell of whom: unknown addresses, bodies nobody can read, a store that is away."""
    sought = urllib.parse.quote(NAME)
    assert (await doctor.get(f"/patients/{sought}")).status == 404
    await doctor.post("/patients", ("{" + NAME).encode(), headers={"Content-Type": "application/json"})
    async with house.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE patients RENAME TO patients_away"))
    failed = await doctor.post("/patients/find", {"q": NAME})
    assert failed.status == 500
    async with house.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE patients_away RENAME TO patients"))


async def shows_secrets(house, doctor, case):
    """What opens the site and must not lie about: password, cookie, an authenticator's secret, a guest's token."""
    page = await doctor.get("/second-factor")
    secret = re.search(r'account-secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    form = re.search(r'<form[^>]*action="/second-factor/totp".*?</form>', page.text, re.DOTALL)[0]
    held = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]*? value="([^"]*)"', form))
    done = await doctor.post("/second-factor/totp", {**held, "code": pyotp.TOTP(secret).at(house.clock.now())})
    assert done.status == 200, done.text[-2000:]
    room = (await doctor.get(f"/consultations/{case}")).link(r"/rooms/[0-9a-f]{32}")
    link = await doctor.post(f"{room}/guests", {"name": KIN}, headers={"Accept": "application/json"})
    token = json.loads(link.text)["url"].partition("#token=")[2]
    guest = await house.visitor()
    await guest.get("/join")
    assert (await guest.post("/join", {"token": token, "name": KIN})).status == 200
    (cookie,) = [one.value for one in doctor.session.cookie_jar if one.key == SESSION]
    return [PASSWORD, cookie, secret, token]


# ---- afterwards


async def everything_written(house, temporary, run):
    """Every file of the data folder but the key, the logs, temporary files, and those of PostgreSQL: by path."""
    async with house.database.engine.connect() as connection:
        if not house.database.is_sqlite:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("CHECKPOINT"))
    folders = [house.data, temporary, house.log.parent]
    if not house.database.is_sqlite:
        folders += [run.folder / "postgresql"]
    paths = {path for folder in folders for path in folder.rglob("*") if path.is_file() and "keys" not in path.parts}
    return {path: path.read_bytes() for path in paths}


async def stored_values(database):
    """Every value of every table, also those that the store keeps compressed."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if not database.is_sqlite:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    async with database.unit(writes=False) as unit:
        tables = list(await unit.session.scalars(text(names)))
        rows = [row for table in tables for row in await unit.session.execute(text(f'SELECT * FROM "{table}"'))]
    values = [value for row in rows for value in row]
    return b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in values)


def letters(folder):
    """The mails as their readers see them: on disk they are in base64."""
    for path in folder.rglob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        parts = [part.get_payload(decode=True) or b"" for part in message.walk()]
        yield path, str(message["Subject"]).encode() + b"\n" + b"\n".join(parts)


async def test_a_whole_case_leaves_no_name_readable_anywhere(house, temporary, run, tmp_path):
    doctor, centre, expert = [await house.visitor(one) for one in ("wangfang", "chenyu", "zhaomin")]
    patient = await registers(doctor)
    case = await asks(doctor, patient)
    await meet(house, doctor, expert, case, await invited(centre, expert, case))
    planted = [*PLANTED, *await shows_secrets(house, doctor, case)]
    await decide(doctor, expert, case)
    await goes_wrong(house, doctor)
    await carry_due(house.database, Carrier(Settings(data=house.data)))
    if house.database.is_sqlite:  # of PostgreSQL a backup takes pg_dump, which the machine may lack
        await backed_up(house, tmp_path / "backups")

    written = await everything_written(house, temporary, run)
    assert [path.name for path, content in written.items() if CONTROL.encode() in content], "the search finds words"
    assert {str(path): found for path, content in written.items() if (found := found_in(content, planted))} == {}
    assert found_in(await stored_values(house.database), planted) == []
    sent = dict(letters(house.data))
    assert sent, "mails went out on the way"
    assert {str(path): found for path, content in sent.items() if (found := found_in(content, planted))} == {}
    told = house.log.read_text()
    assert '"route": "/patients/find"' in told, "every request is in the log"
    assert "Traceback" in told, "what failed is in the log too"
    page = await doctor.get("/patients")
    last = json.loads(house.log.read_text().rstrip().rpartition("\n")[2])
    assert (last["route"], last["request"]) == ("/patients", page.headers["X-Request-Id"])


async def backed_up(house, folder):
    repository = Repository.create(folder, passphrase="words", site_key=bytes(32))
    key_file = house.data / "keys" / "site"
    await backup.take(repository, data=house.data, database_url=house.store, key_file=key_file, now=datetime.now(UTC))
    assert any(folder.rglob("*"))
