"""Sending files over bad lines, and who gets to see them."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError
from PIL import Image
from pydicom.data import get_testdata_file
from sqlalchemy import select

from server.audit.model import AuditRecord
from server.files import service
from server.files.desk import DESK
from server.files.model import LARGEST, LARGEST_IMAGES, Attachment
from server.files.subjects import About
from tests.services import files_records as records
from tests.web.files_site import CASE, OTHER_CASE, STREAM, TUS, Cases, Sender, id_of, people_of, site

FILM = Path(get_testdata_file("CT_small.dcm")).read_bytes()
ECG = Path(get_testdata_file("waveform_ecg.dcm")).read_bytes()
MEGABYTE = 1024 * 1024


@pytest.fixture
async def people(database):
    return await people_of(database)


@pytest.fixture
def cases(people):
    cases = Cases()
    cases.let(CASE, people["doctor"].split()[0], "read", "attach", "original")
    cases.let(CASE, people["expert"].split()[0], "read")
    cases.patients[CASE] = About(patient_id="e" * 32, names=("张三",), birth_date=date(1959, 3, 4), sex="M")
    return cases


@pytest.fixture
async def client(database, tmp_path, cases):
    async with site(database, tmp_path, cases) as client:
        yield client


@pytest.fixture
def doctor(client, people):
    return Sender(client, people["doctor"])


@pytest.fixture
def expert(client, people):
    return Sender(client, people["expert"])


@pytest.fixture
def stranger(client, people):
    return Sender(client, people["stranger"])


async def code_of(response):
    return (await response.json())["code"]


async def kept(database, id):
    async with database.unit(writes=False) as unit:
        return await unit.session.get(Attachment, id)


# ---- sending ----


async def test_film_that_arrived_whole_is_looked_at_and_shown(doctor):
    id = await doctor.send(FILM, name="张三 胸部CT.dcm")
    assert await doctor.looked_at(id) == ("ready", "张三 胸部CT.dcm CT · 38 KB 文件里的患者与本例不符，请核对")
    original = await doctor.ask("GET", f"/files/{id}/content")
    assert await original.read() == FILM


async def test_endpoint_says_what_it_speaks(doctor):
    spoken = (await doctor.ask("OPTIONS", "/files/uploads")).headers
    assert (spoken["Tus-Version"], spoken["Tus-Extension"]) == ("1.0.0", "creation,termination,checksum")
    assert (spoken["Tus-Max-Size"], spoken["Tus-Checksum-Algorithm"]) == (str(512 * MEGABYTE), "sha256")


async def test_five_broken_lines_and_a_restart_lose_no_byte(database, tmp_path, cases, people):
    content = os.urandom(3 * MEGABYTE + 123)
    async with site(database, tmp_path, cases) as client:
        doctor = Sender(client, people["doctor"])
        address = await doctor.begin(len(content), name="大片.zip")
        for turn in range(1, 6):
            offset = await doctor.offset(address)
            line = await doctor.break_off(
                address, offset, content[offset : offset + turn * 100_001], len(content) - offset
            )
            await arrived(doctor, address, offset + turn * 100_001)
            line.transport.abort()
    async with site(database, tmp_path / "again", cases) as client:
        client.app[DESK].vault._store.root = tmp_path / "files"
        doctor = Sender(client, people["doctor"])
        offset = await doctor.offset(address)
        assert 0 < offset <= sum(turn * 100_001 for turn in range(1, 6))
        assert (await doctor.patch(address, offset, content[offset:])).status == 204
        assert (await doctor.complete(address, content)).status == 200
        vault, attachment = client.app[DESK].vault, await kept(database, id_of(address))
        assert await vault.digest(attachment.id, attachment.wrapped_key) == hashlib.sha256(content).hexdigest()


async def arrived(doctor, address, offset):
    """Waits until about that much lies on the disk (asking for the offset would end the line that still sends)."""
    path = doctor.client.app[DESK].vault._store._path(id_of(address))
    for _ in range(3000):
        if path.exists() and path.stat().st_size >= offset - 256 * 1024:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not arrive")


async def test_new_line_takes_over_from_one_that_hangs(doctor):
    content = os.urandom(400_000)
    address = await doctor.begin(len(content), name="a.zip")
    line = await doctor.break_off(address, 0, content[:300_000], len(content))
    await arrived(doctor, address, 300_000)
    offset = await asyncio.wait_for(doctor.offset(address), 5)
    assert 0 < offset <= 300_000
    assert (await doctor.patch(address, offset, content[offset:])).status == 204
    line.close()
    assert await doctor.offset(address) == len(content)


async def test_bytes_out_of_place_are_refused_and_what_is_there_stays(doctor):
    address = await doctor.begin(10)
    await doctor.patch(address, 0, b"12345")
    refused = await doctor.patch(address, 3, b"45678")
    assert (refused.status, await code_of(refused), await doctor.offset(address)) == (409, "files.offset", 5)


async def test_more_than_was_announced_is_refused(doctor):
    address = await doctor.begin(10)
    assert await code_of(await doctor.patch(address, 0, b"x" * 11)) == "files.too_large"


async def test_part_with_a_wrong_sum_is_not_kept(doctor):
    address = await doctor.begin(10)
    right = "sha256 " + base64.b64encode(hashlib.sha256(b"12345").digest()).decode()
    refused = await doctor.patch(address, 0, b"54321", **{"Upload-Checksum": right})
    assert (refused.status, await doctor.offset(address)) == (460, 0)
    assert (await doctor.patch(address, 0, b"12345", **{"Upload-Checksum": right})).status == 204
    unknown = await doctor.patch(address, 5, b"12345", **{"Upload-Checksum": "crc32 AAAA"})
    assert await code_of(unknown) == "files.checksum_unknown"


async def test_file_that_is_not_what_was_sent_is_discarded_and_sent_anew(doctor):
    address = await doctor.begin(len(FILM))
    await doctor.patch(address, 0, FILM)
    refused = await doctor.prove(address, hashlib.sha256(b"another").hexdigest())
    assert (await code_of(refused), await doctor.offset(address)) == ("files.hash_differs", 0)
    await doctor.patch(address, 0, FILM)
    assert (await doctor.complete(address, FILM)).status == 200


async def test_proof_before_the_end_is_refused_and_twice_does_no_harm(doctor):
    address = await doctor.begin(len(FILM))
    assert await code_of(await doctor.complete(address, FILM)) == "files.incomplete"
    await doctor.patch(address, 0, FILM)
    first, second = await doctor.complete(address, FILM), await doctor.complete(address, FILM)
    assert (first.status, second.status) == (200, 200)
    assert (await doctor.looked_at(id_of(address)))[0] == "ready"
    assert (await doctor.complete(address, FILM)).status == 200
    assert (await doctor.prove(address, "0" * 64)).status == 409


async def test_creation_sent_twice_makes_one_place(doctor):
    first = await doctor.create(10, **{"Idempotency-Key": "one"})
    second = await doctor.create(10, **{"Idempotency-Key": "one"})
    assert first.headers["Location"] == second.headers["Location"]


async def test_upload_given_up_is_gone(doctor, tmp_path):
    address = await doctor.begin(10)
    await doctor.patch(address, 0, b"12345")
    assert (await doctor.ask("DELETE", address, headers=TUS)).status == 204
    assert (await doctor.ask("HEAD", address, headers=TUS)).status == 404
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


async def test_limits_hold_before_the_disk_is_filled(doctor):
    assert await code_of(await doctor.create(LARGEST_IMAGES + 1)) == "files.too_large"
    assert await code_of(await doctor.create(0)) == "files.empty"
    address = await doctor.begin(LARGEST + 1, name="film.dcm")
    assert await code_of(await doctor.patch(address, 0, b"%PDF-1.7 " + bytes(200_000))) == "files.too_large"
    assert await doctor.offset(address) <= 132
    series = await doctor.begin(LARGEST + 1, name="series")
    assert (await doctor.patch(series, 0, FILM[:1000])).status == 204


async def test_a_days_worth_is_enough(doctor, clock):
    for _ in range(8):
        await doctor.begin(LARGEST_IMAGES)
    refused = await doctor.create(1)
    assert (refused.status, await code_of(refused)) == (429, "files.sent_too_much")
    clock.turn(timedelta(days=1, minutes=1))
    assert (await doctor.create(1)).status == 201


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Tus-Resumable": "0.2.2"}, "files.tus_version"),
        ({**TUS, "Upload-Length": "-5"}, "files.tus_malformed"),
        ({**TUS, "Upload-Length": "10"}, "files.tus_malformed"),
        ({**TUS, "Upload-Length": "10", "Upload-Metadata": "subject ???"}, "files.tus_malformed"),
        ({**TUS, "Upload-Length": "10", "Upload-Metadata": "subject Ly4uLy4uL2V0Yw=="}, "files.tus_malformed"),
    ],
)
async def test_malformed_creation_is_refused(doctor, headers, code):
    assert await code_of(await doctor.ask("POST", "/files/uploads", headers=headers)) == code


async def test_malformed_patch_is_refused(doctor):
    address = await doctor.begin(10)
    plain = await doctor.ask("PATCH", address, headers={**TUS, "Content-Type": "text/plain"}, data=b"1")
    nowhere = await doctor.ask("PATCH", address, headers=STREAM, data=b"1")
    assert (plain.status, nowhere.status) == (415, 400)


async def test_hundred_slow_lines_hinder_nobody(doctor):
    address = await doctor.begin(1000)
    lines = []
    for _ in range(100):
        slow = await doctor.begin(1000)
        lines.append(await doctor.break_off(slow, 0, b"x", 1000))
    assert (await asyncio.wait_for(doctor.patch(address, 0, bytes(1000)), 5)).status == 204
    id = await asyncio.wait_for(doctor.send(FILM), 10)
    assert (await doctor.looked_at(id))[0] == "ready"
    for line in lines:
        line.close()


# ---- what is kept ----


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "C:\\影像\\a.dcm", "a\0b.dcm", "gpj.\u202efdp", "𠮷野.dcm", "", "x" * 300 + ".dcm"]
)
async def test_names_are_words_and_nothing_else(doctor, tmp_path, name):
    id = await doctor.send(FILM, name=name)
    state, said = await doctor.looked_at(id)
    assert state == "ready", said
    header = (await doctor.ask("GET", f"/files/{id}/content")).headers["Content-Disposition"]
    assert header.startswith("attachment; ")
    assert not set("\0\u202e/\\") & set(header.partition("filename*=UTF-8''")[2] + said)
    assert {path.parts[-3] for path in (tmp_path / "files").rglob("*") if path.is_file()} == {"files"}


async def test_planted_names_are_nowhere_in_the_data_folder(doctor, database, tmp_path):
    film = records.dicom(PatientName="CanaryFilm", PatientID="CANARYNUMBER")
    id = await doctor.send(film, name="CanaryFileName.dcm")
    await doctor.looked_at(id)
    unfinished = await doctor.begin(100_000, name="CanaryUnfinished")
    await doctor.patch(unfinished, 0, b"CanaryBytes" * 1000)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes().lower(), path


async def test_file_refused_says_why_and_leaves_nothing(doctor, tmp_path):
    id = await doctor.send(b"MZ" + bytes(5000), name="胸片.dcm")
    state, said = await doctor.looked_at(id)
    assert state == "refused"
    assert "文件里藏有程序或网页代码，没有接收" in said
    assert (await doctor.ask("GET", f"/files/{id}/content")).status == 404
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


async def test_picture_of_another_patient_is_marked(doctor):
    id = await doctor.send(records.dicom(PatientName="Li^Si"))
    assert "文件里的患者与本例不符" in (await doctor.looked_at(id))[1]
    mine = await doctor.send(records.dicom(PatientName="Zhang^San", PatientBirthDate="19590304"))
    assert "不符" not in (await doctor.looked_at(mine))[1]


class AnotherMeanwhile(dict):
    """The patients of cases; while a file is being looked at, its case becomes another patient's."""

    def __init__(self, *, asked, before, after):
        super().__init__()
        self.left, self.before, self.after = asked, before, after

    def get(self, case, default=None):
        self.left -= 1
        return self.before if self.left >= 0 else self.after


async def test_picture_is_held_against_the_patient_of_the_end_of_the_look(doctor, cases):
    zhang = cases.patients[CASE]
    li = About(patient_id="d" * 32, names=("李四",), birth_date=zhang.birth_date, sex="M")
    cases.patients = AnotherMeanwhile(asked=2, before=zhang, after=li)  # as it begins, and for the first look
    id = await doctor.send(records.dicom(PatientName="Li^Si", PatientBirthDate="19590304"))
    state, said = await doctor.looked_at(id)
    assert (state, "不符" in said, cases.patients.left < 0) == ("ready", False, True)


async def test_file_waiting_when_the_server_stopped_is_looked_at_by_the_next(database, tmp_path, cases, people):
    async with site(database, tmp_path, cases) as client:
        doctor = Sender(client, people["doctor"])
        client.app[DESK].checking.start = lambda id: None
        id = await doctor.send(ECG)
    async with site(database, tmp_path / "again", cases) as client:
        client.app[DESK].vault._store.root = tmp_path / "files"
        client.app[DESK].checking.start(id)
        assert (await Sender(client, people["doctor"]).looked_at(id))[0] == "ready"


async def test_abandoned_and_long_withdrawn_files_are_cleared_away(doctor, client, clock, tmp_path):
    await doctor.patch(await doctor.begin(100), 0, b"half")
    id = await doctor.send(FILM)
    await doctor.looked_at(id)
    await doctor.ask("POST", f"/files/{id}/withdraw", json={})
    clock.turn(timedelta(days=3))
    await client.app[DESK].clear_away()
    assert (await doctor.ask("POST", f"/files/{id}/put-back", json={})).status == 200
    await doctor.ask("POST", f"/files/{id}/withdraw", json={})
    clock.turn(timedelta(days=8))
    await client.app[DESK].clear_away()
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


# ---- handing out ----


async def test_original_is_for_saving_and_never_for_showing(doctor):
    id = await doctor.send(FILM, name="胸片 <b>.dcm")
    await doctor.looked_at(id)
    headers = (await doctor.ask("GET", f"/files/{id}/content")).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Disposition"].endswith("filename*=UTF-8''%E8%83%B8%E7%89%87%20%3Cb%3E.dcm")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-20", -20, None), ("bytes=5-999999999", 5, None)],
)
async def test_any_range_comes_by_itself(doctor, asked, start, stop):
    id = await doctor.send(FILM)
    await doctor.looked_at(id)
    response = await doctor.ask("GET", f"/files/{id}/content", headers={"Range": asked})
    assert (response.status, await response.read()) == (206, FILM[start:stop])


async def test_range_beyond_the_end_is_refused_and_nonsense_means_all(doctor):
    id = await doctor.send(FILM)
    await doctor.looked_at(id)
    beyond = await doctor.ask("GET", f"/files/{id}/content", headers={"Range": "bytes=999999-"})
    nonsense = await doctor.ask("GET", f"/files/{id}/content", headers={"Range": "lines=1-2"})
    assert (beyond.status, nonsense.status, await nonsense.read()) == (416, 200, FILM)


async def test_viewer_gets_album_and_frames_and_trace_and_samples(doctor):
    film, trace = await doctor.send(FILM), await doctor.send(ECG)
    await doctor.looked_at(film)
    await doctor.looked_at(trace)
    album = await (await doctor.ask("GET", f"/files/{film}/derived/album")).json()
    look, _, offset, length = album["series"][0]["frames"][0]
    piece = {"Range": f"bytes={offset}-{offset + length - 1}"}
    frame = await (await doctor.ask("GET", f"/files/{film}/derived/frames", headers=piece)).read()
    assert len(gzip.decompress(frame)) == 2 * album["looks"][look]["rows"] * album["looks"][look]["cols"]
    told = await (await doctor.ask("GET", f"/files/{trace}/derived/trace")).json()
    samples = await (await doctor.ask("GET", f"/files/{trace}/derived/samples")).read()
    assert len(samples) == 2 * 12 * told["samples"]


async def test_pages_show_the_file_in_both_languages(doctor, expert):
    id = await doctor.send(ECG, name="<script>alert(1)</script>心电.dcm")
    await doctor.looked_at(id)
    html = {"Accept": "text/html"}
    page = await (await doctor.ask("GET", f"/files/{id}", headers=html)).text()
    assert f'<file-viewer class="viewer" file="{id}" kind="ecg"' in page
    assert "<script>alert" not in page
    assert "下载原文件" in page
    assert "下载原文件" not in await (await expert.ask("GET", f"/files/{id}/view", headers=html)).text()
    english = await (await doctor.ask("GET", f"/files/of/consultation/{CASE}?lang=en", headers=html)).text()
    assert "ECG · 12 leads · 10 s" in english


async def test_strangers_find_nothing_whatever_they_ask(doctor, expert, stranger, cases, people):
    id, unfinished = await doctor.send(FILM), await doctor.begin(10)
    await doctor.looked_at(id)
    asked = [
        ("GET", f"/files/{id}"),
        ("GET", f"/files/{id}/view"),
        ("GET", f"/files/{id}/tile"),
        ("GET", f"/files/{id}/content"),
        ("GET", f"/files/{id}/derived/frames"),
        ("GET", f"/files/{id}/derived/thumbnail"),
        ("GET", f"/files/of/consultation/{CASE}"),
        ("POST", f"/files/{id}/withdraw"),
        ("HEAD", unfinished),
        ("PATCH", unfinished),
        ("DELETE", unfinished),
    ]
    there = {**STREAM, "Upload-Offset": "0"}
    for method, path in asked:
        assert (await stranger.ask(method, path, headers=there)).status == 404, path
        nobody = {"X-Person": "", **there}
        assert (await stranger.ask(method, path, headers=nobody)).status in (401, 403), path
    assert (await expert.ask("GET", f"/files/{id}/derived/album")).status == 200
    assert (await expert.ask("GET", f"/files/{id}/content")).status == 404
    assert (await expert.ask("PATCH", unfinished, headers=there)).status == 404
    assert (await stranger.create(10)).status == 404
    assert (await doctor.create(10, subject=f"consultation:{OTHER_CASE}")).status == 404
    assert (await doctor.create(10, subject=f"referral:{CASE}")).status == 404
    cases.let(CASE, people["expert"].split()[0])
    assert (await expert.ask("GET", f"/files/{id}/derived/album")).status == 404


async def test_withdrawn_file_is_gone_until_it_is_put_back(doctor, expert):
    id = await doctor.send(FILM)
    await doctor.looked_at(id)
    assert (await expert.ask("POST", f"/files/{id}/withdraw", json={})).status == 404
    undo = (await (await doctor.ask("POST", f"/files/{id}/withdraw", json={})).json())["undo"]
    assert (await expert.ask("GET", f"/files/{id}")).status == 404
    assert (
        "还没有附件"
        in await (await doctor.ask("GET", f"/files/of/consultation/{CASE}", headers={"Accept": "text/html"})).text()
    )
    assert (await doctor.ask("POST", undo, json={})).status == 200
    assert (await expert.ask("GET", f"/files/{id}", headers={"Accept": "text/html"})).status == 200


async def test_reading_is_on_record_once_an_opening(doctor, expert, database, clock, people):
    id = await doctor.send(FILM)
    await doctor.looked_at(id)
    for _ in range(3):
        await expert.ask("GET", f"/files/{id}/derived/frames", headers={"Range": "bytes=5-9"})
    await doctor.ask("GET", f"/files/{id}/content")
    clock.turn(timedelta(minutes=11))
    await expert.ask("GET", f"/files/{id}/view", headers={"Accept": "text/html"})
    async with database.unit(writes=False) as unit:
        found = (await unit.session.scalars(select(AuditRecord).order_by(AuditRecord.seq))).all()
    told = [(row.action, row.person_id, row.patient_id) for row in found if row.object_id == id]
    sender, reader = people["doctor"].split()[0], people["expert"].split()[0]
    assert told == [
        ("file.upload", sender, "e" * 32),
        ("file.received", sender, ""),
        ("file.checked", "", ""),
        ("file.read", reader, "e" * 32),
        ("file.original", sender, "e" * 32),
        ("file.read", reader, "e" * 32),
    ]


async def test_file_changed_on_the_disk_breaks_off_instead_of_reaching_anyone(doctor, tmp_path):
    id = await doctor.send(FILM)
    await doctor.looked_at(id)
    path = tmp_path / "files" / id[-2:] / id
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ClientPayloadError):
        await (await doctor.ask("GET", f"/files/{id}/content")).read()


async def test_photo_is_shown_without_its_place(doctor):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 26.0)
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(out, "JPEG", exif=exif)
    id = await doctor.send(out.getvalue(), name="伤口.jpg")
    assert (await doctor.looked_at(id))[0] == "ready"
    preview = await (await doctor.ask("GET", f"/files/{id}/derived/preview")).read()
    assert dict(Image.open(io.BytesIO(preview)).getexif()) == {}


async def test_closing_words_of_a_file_are_json_for_scripts(doctor):
    address = await doctor.begin(len(FILM))
    await doctor.patch(address, 0, FILM)
    told = json.loads(await (await doctor.complete(address, FILM)).text())
    assert told == {"id": id_of(address), "page": f"/files/{id_of(address)}", "tile": f"/files/{id_of(address)}/tile"}
    assert service.HashDiffers.status == 409
