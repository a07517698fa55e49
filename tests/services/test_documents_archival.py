"""The file that is kept, signed, still keeps what PDF/A-2 asks of it (ISO 19005-2). No validator is at hand: each
clause that a signature could break is read from the file itself."""

import io
import re

import pytest
from pypdf import PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import DictionaryObject, StreamObject

from tests.services.documents_scene import set_up

PRINT, HIDDEN, INVISIBLE, NO_VIEW = 4, 2, 1, 32
FORBIDDEN = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState"}


@pytest.fixture
async def kept(database, clock, tmp_path):
    """A signed report as it lies in the archive."""
    scene = await set_up(database, clock, tmp_path)
    return PdfReader(io.BytesIO(await scene.pdf(await scene.issue())))


def objects(reader):
    for number in range(1, reader.trailer["/Size"]):
        try:
            found = reader.get_object(number)
        except PdfReadError:  # a number that is free
            continue
        if isinstance(found, DictionaryObject):
            yield found


def annotations(reader):
    return [one.get_object() for page in reader.pages for one in page.get("/Annots", [])]


async def test_a_signed_report_is_still_named_pdf_a_and_needs_nothing_from_outside(kept):
    packet = kept.xmp_metadata.stream.get_data().decode()
    assert re.findall(r'pdfaid:(?:part|conformance)="(\w)"', packet) == ["2", "A"]
    assert len(kept.trailer["/ID"]) == 2
    assert "/Encrypt" not in kept.trailer
    catalogue = kept.root_object
    assert catalogue["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert not {"/AA", "/OpenAction", "/NeedsRendering", "/Requirements"} & set(catalogue)
    assert not {"/XFA"} & set(catalogue["/AcroForm"])
    assert not catalogue["/AcroForm"].get("/NeedAppearances", False)
    for found in objects(kept):
        assert found.get("/S") not in FORBIDDEN
        assert "/JS" not in found
        assert "/AA" not in found
        if isinstance(found, StreamObject):
            assert not {"/F", "/FFilter", "/FDecodeParms"} & set(found), "a stream outside of the file"
            assert "/LZWDecode" not in str(found.get("/Filter", ""))


async def test_its_marks_are_printed_and_have_a_picture_of_their_own(kept):
    fields = [one for one in annotations(kept) if one["/Subtype"] == "/Widget"]
    assert [one["/FT"] for one in fields] == ["/Sig"]
    for one in annotations(kept):
        assert one["/F"] & PRINT
        assert not one["/F"] & (HIDDEN | INVISIBLE | NO_VIEW)
        left, bottom, right, top = map(float, one["/Rect"])
        flat = right == left and top == bottom
        assert one["/Subtype"] == "/Link" or flat or set(one["/AP"]) == {"/N"}


async def test_every_font_of_it_lies_in_it_the_seal_included(kept):
    described = [one for one in objects(kept) if one.get("/Type") == "/FontDescriptor"]
    assert described
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one) for one in described)
    fonts = [one for one in objects(kept) if one.get("/Type") == "/Font" and one["/Subtype"] != "/Type0"]
    assert all("/FontDescriptor" in one for one in fonts)


async def test_what_it_says_of_itself_is_the_same_in_both_places(kept):
    told, packet = kept.metadata, kept.xmp_metadata
    assert packet.dc_title["x-default"] == told.title
    assert packet.pdf_producer == told.producer
    assert packet.xmp_creator_tool == told.creator
    assert packet.xmp_create_date.timestamp() == told.creation_date.timestamp()
    assert packet.xmp_modify_date.timestamp() == told.modification_date.timestamp()
