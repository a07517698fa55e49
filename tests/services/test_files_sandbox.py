"""What is uploaded is looked at in a child: real files become pictures and traces, crafted ones a reason."""

import asyncio
import gzip
import io
import json
import socket
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import typst
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file

from server.documents.glyphs import font_file
from server.files.cards import says
from server.files.parsing import Expected, Sandbox, Unreadable, Upload
from server.files.service import facts_of
from server.files.states import SENTENCES, Kind, Reason
from tests.services import files_records as records
from tests.services.files_bombs import BOMBS

NOBODY = Expected()


def jpeg(picture):
    kept = io.BytesIO()
    picture.save(kept, "JPEG")
    return kept.getvalue()


ZHANG = Expected(names=("张三", "zhangsan", "sanzhang"), birth_date="19590304", sex="M")


class Kept(dict):
    async def add(self, name, chunk):
        self[name] = self.get(name, b"") + chunk


def upload_of(content):
    async def read(start, stop):
        return content[start:stop]

    return Upload(size=len(content), read=read)


async def looked_at(content, expected=NOBODY):
    kept = Kept()
    outcome, album = await Sandbox().read(upload_of(content), expected, kept)
    return outcome, album, kept


def real(name):
    return Path(get_testdata_file(name)).read_bytes()


def restored(kept, album, rank=0):
    """A frame as the browser restores it."""
    written = json.loads(album.written())
    look, _, offset, length = written["series"][0]["frames"][rank]
    look = written["looks"][look]
    plain = np.frombuffer(gzip.decompress(kept["frames"][offset : offset + length]), np.uint8)
    low, high = plain.reshape(2, look["rows"], look["cols"]).astype(np.uint16)
    folded = low | high << 8
    steps = (folded >> 1) ^ (0 - (folded & 1))
    values = np.cumsum(steps, axis=1, dtype=np.uint16)
    return values.view(np.int16) if look["format"] == "i16" else values, look


@pytest.mark.parametrize("name", list(BOMBS))
async def test_crafted_file_gets_a_reason_within_fifteen_seconds_while_the_server_stays_small(name):
    make, reasons = BOMBS[name]
    content = make()
    before, peak, start = psutil.Process().memory_info().rss, [0], time.monotonic()
    watching = asyncio.create_task(watch_memory(peak))
    with pytest.raises(Unreadable) as refused:
        await looked_at(content)
    watching.cancel()
    assert refused.value.reason in reasons.split()
    assert Reason(refused.value.reason)
    assert time.monotonic() - start < 15
    assert peak[0] - before < 64 * 1024 * 1024


async def watch_memory(peak):
    while True:
        peak[0] = max(peak[0], psutil.Process().memory_info().rss)
        await asyncio.sleep(0.01)


def test_there_are_enough_kinds_of_crafted_files():
    assert len(BOMBS) >= 20


async def test_chest_film_keeps_every_pixel_and_its_window():
    outcome, album, kept = await looked_at(real("RG1_UNCR.dcm"))
    pixels, look = restored(kept, album)
    assert np.array_equal(pixels, dcmread(get_testdata_file("RG1_UNCR.dcm")).pixel_array)
    assert (look["photometric"], look["rows"], look["cols"]) == ("MONOCHROME1", 1955, 1841)
    assert look["windows"][0] == {"name": "", "center": 15000.0, "width": 30000.0, "shape": "LINEAR"}
    assert Image.open(io.BytesIO(kept["thumbnail"])).size == (301, 320)
    assert outcome.acquired_at.isoformat() == "1995-09-26T12:51:30-04:00"


async def test_ct_slice_keeps_signed_values_and_hounsfield_scale():
    _, album, kept = await looked_at(real("CT_small.dcm"))
    pixels, look = restored(kept, album)
    assert np.array_equal(pixels, dcmread(get_testdata_file("CT_small.dcm")).pixel_array)
    assert (look["slope"], look["intercept"], look["spacing"]) == (1, -1024, [0.661468, 0.661468])


async def test_colour_ultrasound_comes_frame_by_frame_with_its_pace():
    _, album, kept = await looked_at(real("examples_ybr_color.dcm"))
    written = json.loads(album.written())
    frames = written["series"][0]["frames"]
    assert len(frames) == 30
    assert written["looks"][frames[0][0]]["frame_time"] == 33.333
    _, _, offset, length = frames[7]
    assert Image.open(io.BytesIO(kept["frames"][offset : offset + length])).size == (320, 240)


async def test_dicom_ecg_becomes_twelve_leads_in_microvolts():
    outcome, _, kept = await looked_at(real("waveform_ecg.dcm"))
    assert (outcome.leads, outcome.sample_rate, outcome.samples) == (records.LEADS, 1000, 10000)
    first = dcmread(get_testdata_file("waveform_ecg.dcm")).waveform_array(0)[:, 0]
    samples = np.frombuffer(gzip.decompress(kept["samples"]), "<i2").reshape(12, -1)
    assert np.abs(samples[0] - first).max() <= 1
    assert outcome.measured["pr_interval"] == 161


@pytest.mark.parametrize("make", [records.edf, records.wfdb, records.aecg, records.mfer, records.scp])
async def test_ecg_of_every_make_shows_the_same_leads(make):
    leads = records.twelve_leads()
    outcome, _, kept = await looked_at(make(leads))
    samples = np.frombuffer(gzip.decompress(kept["samples"]), "<i2").reshape(len(outcome.leads), -1)
    assert (outcome.kind, outcome.leads, outcome.sample_rate) == ("ecg", records.LEADS, 500)
    assert np.abs(samples.astype(int) - leads).max() <= 1


async def test_folder_of_slices_is_put_in_order_and_strangers_in_it_are_passed_over():
    slices = {
        f"DICOM/IM{10 - at}": records.dicom(np.full((8, 8), at, np.uint16), InstanceNumber=at) for at in range(1, 6)
    }
    outcome, album, kept = await looked_at(records.zipped({"AUTORUN.EXE": b"MZ", "README.TXT": b"read me", **slices}))
    assert [restored(kept, album, rank)[0][0, 0] for rank in range(5)] == [1, 2, 3, 4, 5]
    assert (outcome.kind, outcome.skipped, album.series_count()) == ("dicom", 0, 1)


async def test_photos_pdfs_and_ecgs_in_a_zip_are_told_of_and_nothing_is_lost_silently():
    besides = {
        "胸片/原件.jpg": Image.new("RGB", (20, 20)),
        "2.PNG": Image.new("RGB", (20, 20)),
        "报告.pdf": b"%PDF-1.7 of last year",
        "ecg/a.xml": records.aecg(records.twelve_leads(1)),
        "ecg/b.scp": records.scp(records.twelve_leads(1)),
    }
    besides = {name: one if isinstance(one, bytes) else jpeg(one) for name, one in besides.items()}
    litter = {"__MACOSX/._1.jpg": b"\xff\xd8\xff", ".DS_Store": b"\0", "viewer/setup.xml": b"<settings/>"}
    outcome, album, _ = await looked_at(records.zipped({"IM1": records.dicom(), **besides, **litter}))
    assert (len(album), outcome.left) == (1, {"photo": 2, "pdf": 1, "ecg": 2})
    assert says(Kind.DICOM, facts_of(outcome, album))[-3:] == [
        ("压缩包里另有 %(count)s 张照片没有接收，请单独上传", {"count": 2}),
        ("压缩包里另有 %(count)s 份 PDF 没有接收，请单独上传", {"count": 1}),
        ("压缩包里另有 %(count)s 份心电图文件没有接收，请单独上传", {"count": 2}),
    ]


async def test_a_zip_of_photos_alone_is_refused_with_what_to_do():
    with pytest.raises(Unreadable) as refused:
        await looked_at(records.zipped({"1.jpg": jpeg(Image.new("RGB", (20, 20)))}))
    assert "请解压后直接上传" in SENTENCES[Reason(refused.value.reason)]


async def test_series_too_long_for_one_run_goes_on_in_the_next():
    slices = {f"IM{at}": records.dicom(np.full((8, 8), at, np.uint16), InstanceNumber=at) for at in range(1, 4)}
    cine = records.dicom(
        np.stack([np.full((8, 8), 100 + at, np.uint16) for at in range(3)]), NumberOfFrames=3, SeriesNumber=2
    )
    content, kept = records.zipped(slices | {"IM4": cine}), Kept()
    outcome, album = await Sandbox(run_seconds=0).read(upload_of(content), NOBODY, kept)
    order = [restored(kept, album, rank)[0][0, 0] for rank in range(6)]
    assert (outcome.next, order) == (None, [1, 2, 3, 100, 101, 102])


async def test_one_broken_slice_does_not_spoil_a_folder():
    whole, cut = records.dicom(), records.dicom(np.zeros((99, 99), np.uint16))[:2000]
    outcome, album, _ = await looked_at(records.zipped({"IM1": whole, "IM2": cut}))
    assert (outcome.skipped, len(album)) == (1, 1)


async def test_photo_is_turned_upright_and_forgets_where_it_was_taken():
    picture = Image.new("RGB", (400, 200), "white")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8769)[0x9003] = "2026:11:22 14:30:00"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 26.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    outcome, _, kept = await looked_at(out.getvalue())
    preview = Image.open(io.BytesIO(kept["preview"]))
    assert (outcome.width, outcome.height, preview.size, dict(preview.getexif())) == (200, 400, (200, 400), {})
    assert outcome.acquired_at.isoformat() == "2026-11-22T14:30:00+08:00"


async def test_ecg_printed_into_dicom_as_a_document_is_shown_as_one():
    from tests.services.files_bombs import pdf

    document = pdf()
    content = records.dicom(EncapsulatedDocument=document, MIMETypeOfEncapsulatedDocument="application/pdf")
    outcome, _, kept = await looked_at(content)
    assert (outcome.kind, outcome.pages, kept["document"].rstrip(b"\0")) == ("pdf", 1, document)


async def test_words_of_a_document_are_taken_page_by_page_where_they_are_wanted():
    faces = typst.Fonts(include_system_fonts=False, font_paths=[str(font_file().parent)])
    text = '#set text(font: "Noto Sans CJK SC")\n= 早搏\n#pagebreak()\n#pagebreak()\nP 波'
    document = typst.compile(text.encode(), format="pdf", font_paths=faces, ignore_system_fonts=True)
    told = [(await Sandbox().read(upload_of(document), NOBODY, Kept(), words=one))[0] for one in (True, False)]
    assert [outcome.words for outcome in told] == [("早搏", "", "P 波"), ()]


@pytest.mark.parametrize(
    ("elements", "verdict"),
    [
        ({"PatientName": "Zhang^San", "PatientBirthDate": "19590304"}, True),
        ({"PatientName": "Zhang^San=张^三", "SpecificCharacterSet": "ISO_IR 192"}, True),
        ({"PatientName": "张三", "SpecificCharacterSet": "GB18030"}, True),
        ({"PatientName": "Zhang^San", "PatientBirthDate": "19880101"}, False),
        ({"PatientName": "Zhang^San", "PatientSex": "F"}, False),
        ({"PatientName": "Li^Si"}, False),
        ({}, None),
    ],
)
async def test_picture_of_somebody_else_is_noticed(elements, verdict):
    outcome, _, _ = await looked_at(records.dicom(**elements), ZHANG)
    assert outcome.matches is verdict


async def test_nothing_that_names_the_patient_leaves_the_child():
    content = records.dicom(
        PatientName="Canary^Name", PatientID="CANARY-42", InstitutionName="CANARY HOSPITAL", SeriesDescription="canary"
    )
    outcome, album, kept = await looked_at(content, ZHANG)
    spoken = outcome.model_dump_json().encode() + album.written() + b"".join(kept.values())
    assert b"canary" not in spoken.lower()


async def test_child_that_hangs_is_ended_at_the_wall():
    async def never(start, stop):
        await asyncio.sleep(60)

    before = set(psutil.Process().children())  # services that other tests started stay
    with pytest.raises(Unreadable, match="too_long"):
        await Sandbox(wall_seconds=1).read(Upload(size=100, read=never), Expected(), Kept())
    assert set(psutil.Process().children()) <= before


async def test_child_can_neither_write_nor_connect_nor_read_the_data_folder(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    script = f"""
import sys
from server.files.sandbox.confine import confine; confine(512, 10)
import socket, subprocess
def refused(act):
    try: act()
    except OSError: return 'refused'
    return 'done'
sys.stdout.write(' '.join([
  refused(lambda: open({str(tmp_path / "new")!r}, 'w').write('x')),
  refused(lambda: open({str(secret)!r}).read()),
  refused(lambda: open('/etc/passwd').read()),
  refused(lambda: socket.create_connection(('127.0.0.1', {port}), 1)),
  refused(lambda: subprocess.run(['/bin/true'])),
]))
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", script, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    listening.close()
    assert said.decode().split() == ["refused"] * 5
    assert not (tmp_path / "new").exists()
