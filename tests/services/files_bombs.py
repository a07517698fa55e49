"""Files made to harm whoever opens them, each with the reason for which it must be refused."""

import gzip
import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless
from pypdf import PdfWriter
from pypdf.generic import NameObject, NumberObject, StreamObject

from tests.services.files_records import aecg, dicom, twelve_leads, zipped

ZEROS = bytes(1 << 20)
EIGHT_BITS = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


def deflated_dicom():
    """Half a megabyte that inflates to half a gigabyte."""
    head = dicom(np.zeros((8, 8), np.uint16), syntax=DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(head[140:144], "little")
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 512 << 20)
    return head[:start] + deflated(pixels, 512, -15)


def deflated(beginning, megabytes, bits=15):
    deflating = zlib.compressobj(9, zlib.DEFLATED, bits)
    return b"".join(
        [deflating.compress(beginning), *(deflating.compress(ZEROS) for _ in range(megabytes)), deflating.flush()]
    )


def nested_dicom():
    """Four thousand sequences, each within the one before."""
    head = dicom()
    start = 144 + int.from_bytes(head[140:144], "little")
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    opening = sequence + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return head[:start] + opening * 4000


def wide_dicom():
    return dicom(Rows=65535, Columns=65535)


def many_framed_dicom():
    return dicom(NumberOfFrames=2_000_000_000)


def thick_dicom():
    return dicom(Rows=60000, Columns=60000, BitsAllocated=32, BitsStored=32, HighBit=31)


def private_dicom():
    """A private element that says it is four gigabytes long."""
    head = dicom()
    start = 144 + int.from_bytes(head[140:144], "little")
    return head[:start] + struct.pack("<HH2sHI", 0x0009, 0x0010, b"OB", 0, 0xFFFFFFF0) + bytes(1000)


def rle_dicom():
    """Run lengths for a picture of a gigabyte, in an object that says so."""
    row = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 400_000
    said = {"Rows": 32000, "Columns": 32000, **EIGHT_BITS}
    return dicom(syntax=RLELossless, PixelData=encapsulate([row]), **said)


def lying_jpeg_dicom():
    """Says 8 x 8; the JPEG within says 65,500 x 65,500."""
    small = io.BytesIO()
    Image.new("L", (8, 8)).save(small, "JPEG")
    content = bytearray(small.getvalue())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", 65500, 65500)
    return dicom(syntax=JPEGBaseline8Bit, PixelData=encapsulate([bytes(content)]), **EIGHT_BITS)


def lying_jpeg2000_dicom():
    """Says 8 x 8; the code stream within says 60,000 x 60,000."""
    small = io.BytesIO()
    Image.new("L", (8, 8)).save(small, "JPEG2000", no_jp2=True)
    content = bytearray(small.getvalue())
    at = content.index(b"\xff\x51")
    content[at + 6 : at + 14] = struct.pack(">II", 60000, 60000)
    content[at + 22 : at + 30] = struct.pack(">II", 60000, 60000)
    return dicom(syntax=JPEG2000Lossless, PixelData=encapsulate([bytes(content)]), **EIGHT_BITS)


def truncated_dicom():
    return dicom(np.zeros((512, 512), np.uint16))[:5000]


def preamble(beginning):
    return beginning.ljust(128, b" ") + dicom()[128:]


def zip_of_noughts(megabytes):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("IM1", "w", force_zip64=True) as file,
    ):
        file.write(dicom()[:400])
        for _ in range(megabytes):
            file.write(ZEROS)
    return out.getvalue()


def zip_bomb():
    """Two gigabytes of nought in two megabytes, dressed as an image series."""
    return zip_of_noughts(2048)


def lying_zip():
    """Its directory says that the object inside has a kilobyte; it has half a gigabyte."""
    content = bytearray(zip_of_noughts(512))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 1024)
    return bytes(content)


def nested_zip():
    inner = zipped({"zeros": ZEROS * 16})
    for _ in range(6):
        inner = zipped({f"{at}.zip": inner for at in range(8)})
    return inner


def crowded_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for at in range(25_000):
            archive.writestr(f"IM{at}", b"")
    return out.getvalue()


def locked_zip():
    content = bytearray(zipped({"IM1": dicom()}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    return bytes(content)


def program_zip():
    return zipped({"setup.exe": b"MZ" + bytes(500), "autorun.inf": b"[autorun]", "../../etc/passwd": b"root::0:0"})


def gzip_in_gzip():
    return gzip.compress(gzip.compress(ZEROS * 256))


def pdf(*streams):
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    for at, stream in enumerate(streams):
        page[NameObject(f"/Extra{at}")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def stream_of(content, **entries):
    stream = StreamObject()
    stream._data = content
    for name, value in entries.items():
        stream[NameObject(f"/{name}")] = NumberObject(value) if isinstance(value, int) else NameObject(value)
    return stream


def inflating_pdf():
    return pdf(*(stream_of(deflated(b"", 160), Filter="/FlateDecode") for _ in range(2)))


def wide_pdf():
    return pdf(stream_of(b"", Subtype="/Image", Width=90_000, Height=90_000, Filter="/FlateDecode"))


def endless_pdf():
    """A page tree whose root is its own child."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def locked_pdf():
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def huge_png():
    """A hundred kilobytes that say they are 30,000 x 30,000."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 6, 0, 0, 0)
    rows = deflated(b"", 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def wordy_png():
    """A picture of one dot with a comment of half a gigabyte."""
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    content = out.getvalue()
    words = b"zTXt" + b"Comment\0\0" + deflated(b"", 512)
    chunk = struct.pack(">I", len(words) - 4) + words + struct.pack(">I", zlib.crc32(words))
    return content[:33] + chunk + content[33:]


def huge_webp():
    """A dot whose head says 16,384 x 16,384."""
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "WEBP", lossless=True)
    content = bytearray(out.getvalue())
    at = content.index(b"VP8L") + 9
    bits = int.from_bytes(content[at : at + 4], "little") | (1 << 28) - 1
    content[at : at + 4] = bits.to_bytes(4, "little")
    return bytes(content)


def huge_jpeg():
    out = io.BytesIO()
    Image.new("L", (100, 100)).save(out, "JPEG")
    content = bytearray(out.getvalue())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", 65000, 65000)
    return bytes(content)


def laughing_xml():
    entities = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    return aecg(twelve_leads(1), "&l9;", f'<!DOCTYPE AnnotatedECG [<!ENTITY l0 "lol">{entities}]>')


def prying_xml():
    return aecg(twelve_leads(1), "&x;", '<!DOCTYPE AnnotatedECG [<!ENTITY x SYSTEM "file:///etc/passwd">]>')


def deep_xml():
    return b'<?xml version="1.0"?><AnnotatedECG>' + b"<a>" * 300_000


def heic():
    return b"\0\0\0\x18ftypheic" + bytes(500)


BOMBS = {
    "deflated dicom": (deflated_dicom, "too_large_inside"),
    "nested sequences": (nested_dicom, "too_deep"),
    "65535 x 65535 dicom": (wide_dicom, "too_large_inside"),
    "two thousand million frames": (many_framed_dicom, "too_large_inside"),
    "60000 x 60000 of 32 bits": (thick_dicom, "too_large_inside"),
    "private element of 4 GB": (private_dicom, "no_picture damaged"),
    "run lengths of a gigabyte": (rle_dicom, "too_large_inside"),
    "jpeg larger than its dicom": (lying_jpeg_dicom, "damaged too_large_inside"),
    "jpeg 2000 larger than its dicom": (lying_jpeg2000_dicom, "damaged too_large_inside"),
    "dicom cut off": (truncated_dicom, "damaged"),
    "dicom after a Windows program": (lambda: preamble(b"MZ\x90\0"), "disguised"),
    "dicom after a Linux program": (lambda: preamble(b"\x7fELF\x02\x01"), "disguised"),
    "dicom after a page": (lambda: preamble(b"<html><script>alert(1)</script>"), "disguised"),
    "dicom after a shell script": (lambda: preamble(b"#!/bin/sh\nid\n"), "disguised"),
    "Windows program": (lambda: b"MZ" + bytes(2000), "disguised"),
    "Linux program": (lambda: b"\x7fELF" + bytes(2000), "disguised"),
    "page": (lambda: b"\n <!DOCTYPE html><script>alert(1)</script>", "disguised"),
    "drawing with a script": (lambda: b'<?xml version="1.0"?><svg onload="alert(1)"/>', "disguised"),
    "zip of two gigabytes": (zip_bomb, "too_large_inside"),
    "zip whose directory lies": (lying_zip, "damaged too_large_inside no_picture"),
    "zips in zips": (nested_zip, "no_picture too_large_inside"),
    "zip of 25,000 entries": (crowded_zip, "too_large_inside"),
    "zip with a password": (locked_zip, "encrypted"),
    "zip of programs": (program_zip, "no_picture"),
    "gzip in gzip": (gzip_in_gzip, "unknown_type"),
    "pdf that inflates": (inflating_pdf, "too_large_inside"),
    "pdf with a picture of 8 gigapixels": (wide_pdf, "too_large_inside"),
    "pdf whose pages never end": (endless_pdf, "damaged"),
    "pdf with a password": (locked_pdf, "encrypted"),
    "png of 30000 x 30000": (huge_png, "too_large_inside"),
    "png with a long comment": (wordy_png, "too_large_inside damaged"),
    "webp of 16384 x 16384": (huge_webp, "damaged too_large_inside"),
    "jpeg of 65000 x 65000": (huge_jpeg, "too_large_inside"),
    "laughing xml": (laughing_xml, "entities"),
    "prying xml": (prying_xml, "entities"),
    "deep xml": (deep_xml, "too_deep damaged too_long"),
    "heic photo": (heic, "heic"),
    "nothing": (lambda: b"", "empty"),
    "noise": (lambda: bytes(range(256)) * 40, "unknown_type"),
    "text": (lambda: "病人一般情况可".encode() * 40, "unknown_type"),
}
