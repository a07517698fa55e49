"""Whoever reads, opens or takes apart what trainees get of a case finds none of what was planted in it."""

import gzip
import io
import re
import zipfile
import zlib

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from pydicom import dcmread
from pypdf import PdfReader

from server.files.desk import DESK
from server.files.model import Attachment
from tests.web import casebook_plants as plants
from tests.web.casebook_site import (
    a_closed_case,
    attach,
    confirmed,
    copies_on,
    files_of,
    open_casebook,
    proposed,
    released,
)

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
PHOTO_MASK = [0.19, 0.05, 0.42, 0.09]


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_casebook(tmp_path / "site", database_url, clock) as site:
        yield site


async def kept(site, id):
    """A file with all that was made of it, as it lies in the vault: {name: bytes}."""
    desk = site.app[DESK]
    async with site.database.unit(writes=False) as unit:
        file = await unit.session.get(Attachment, id)
    blobs = {file.kind.value: file, **{one.name: one for one in file.derivatives}}
    found = {}
    for name, blob in blobs.items():
        blocks = desk.vault.read(blob.id, blob.wrapped_key, 0, blob.size)
        found[name] = b"".join([block async for block in blocks])
    return found


def taken_apart(content):
    """The bytes, and those of whatever is packed in them."""
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as folder:
            for name in folder.namelist():
                yield name.encode()
                yield folder.read(name)
    if content[:5] == b"%PDF-":
        yield said_by_document(PdfReader(io.BytesIO(content))).encode()
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            continue


def said_by_document(reader):
    """Its words without their spaces, and what stands beside them."""
    beside = [str(dict(reader.metadata or {})), *reader.attachments]
    notes = [str(dict(note.get_object())) for page in reader.pages for note in page.get("/Annots", [])]
    return "\n".join([*("".join(page.extract_text().split()) for page in reader.pages), *beside, *notes])


def told_by(content):
    """What of the planted stands in it, in any encoding, in any case."""
    plain = [part.lower() for part in taken_apart(content)]
    return {
        plant
        for plant in plants.PLANTED
        for encoding in ENCODINGS
        if any(plant.encode(encoding).lower() in part for part in plain)
    }


def test_the_finder_finds_what_is_planted():
    """In the originals; a file's name is beside it."""
    originals = (plants.document(), plants.photo(), plants.folder(), plants.trace())
    found = set().union(*map(told_by, originals), told_by(plants.STORY.encode()))
    assert set(plants.PLANTED) - found == {plants.FILE_NAME}
    assert len(set(plants.PLANTED)) >= 60


async def a_released_case(site):
    case = await a_closed_case(site, story=plants.STORY)
    originals = (plants.photo(), plants.document(), plants.folder(), plants.picture(3), plants.trace())
    for content in originals:
        await attach(site, case, content, plants.FILE_NAME)
    address = await proposed(site, await site.signed_in("expert"), case)
    teacher = await site.signed_in("teacher")
    by_hand = {"1": [PHOTO_MASK]}
    for copy, _ in await copies_on(teacher, address, wanted=["open"]):
        is_photo = "照片" in await teacher.get(copy)
        assert (await confirmed(teacher, copy, by_hand if is_photo else None)).status == 200
    await copies_on(teacher, address, wanted=["ready"])
    done = await released(site, teacher, address)
    assert done.status == 200, done.text[-3000:]
    return address


@pytest.mark.timeout(400)
async def test_of_sixty_plants_none_is_left_in_what_trainees_get(site):
    address = await a_released_case(site)
    learner = await site.signed_in("learner1")
    page = await learner.get(address)
    assert told_by(page.text.encode()) == set()
    files = await files_of(learner, address)
    assert len(files) == 5
    for id in files:
        shown = await learner.get(f"/files/{id}")
        assert (shown.status, told_by(shown.text.encode())) == (200, set())
        for name, content in (await kept(site, id)).items():
            assert told_by(content) == set(), name

    photo, document, folder, film, trace = [await kept(site, id) for id in files]
    _is_masked_photo(photo["photo"])
    _is_masked_page(document["pdf"])
    with zipfile.ZipFile(io.BytesIO(folder["dicom"])) as pictures:
        assert pictures.namelist() == ["00001.dcm", "00002.dcm"]
        objects = [dcmread(io.BytesIO(pictures.read(name))) for name in pictures.namelist()]
    objects.append(dcmread(io.BytesIO(film["dicom"])))
    for one in objects:
        _is_masked_film(one)
    assert len({one.StudyInstanceUID for one in objects}) == 1
    assert len({one.SOPInstanceUID for one in objects}) == 3
    _is_clean_trace(dcmread(io.BytesIO(trace["ecg"])), moved_to=objects[0].StudyDate)


def _is_masked_photo(content):
    picture = Image.open(io.BytesIO(content))
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    left, top, right, bottom = plants.PLATE
    covered = np.asarray(picture)[top:bottom, left:right]
    assert covered.max() < 16
    assert np.asarray(picture)[400:, :].min() > 100


def _is_masked_page(content):
    with pypdfium2.PdfDocument(content) as document:
        told = set(document.get_metadata_dict(skip_empty=True))
        words, attached = document[0].get_textpage().count_chars(), document.count_attachments()
        drawn = np.asarray(document[0].render(scale=1).to_pil().convert("L"))
    assert (told, words, attached) == ({"Creator", "CreationDate"}, 0, 0)
    black_rows = np.flatnonzero((drawn < 40).sum(axis=1) > 30)
    assert len(black_rows) > 10, "names and dates are covered by bars"
    assert (np.delete(drawn, black_rows, axis=0) < 128).sum() > 100, "what names nobody is still there"


def _is_masked_film(ds):
    pixels = ds.pixel_array
    assert len(set(pixels[plants.NAME_PLATE].ravel())) == 1
    assert pixels.max() < 4096
    assert (pixels[12:, :40] == np.full((68, 40), 300) + np.arange(40)).all()
    assert [element.tag for element in ds.iterall() if element.is_private or element.tag.group >= 0x6000][:-1] == []
    assert ds.PatientIdentityRemoved == "YES"
    assert str(ds.PatientName) == ds.PatientID == ""


def _is_clean_trace(ds, *, moved_to):
    assert moved_to != plants.DATE
    assert ds.AcquisitionDateTime != "20261123090000"
    (group,) = ds.WaveformSequence
    assert [channel.ChannelLabel for channel in group.ChannelDefinitionSequence] == list(plants.records.LEADS)
