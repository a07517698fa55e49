"""A closed case in whose every file and corner somebody left who it was about: 60 plants and more."""

import io
import struct

import numpy as np
import typst
from PIL import Image, ImageCms, ImageDraw
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Text

from server.documents.glyphs import font_file
from tests.services import files_records as records

NAME, PINYIN, ID_NO, PHONE = "秦文远", "Qin Wenyuan", "11010519491231002X", "13812345678"
IN_TEXT = [
    NAME,
    PINYIN,
    "QINWENYUAN",
    "秦先生",
    ID_NO,
    PHONE,
    "138 1234 5678",
    "778812",
    "城东医院",
    "2026年11月20日",
    "qin1949@example.com",
    "京A12345",
    "王芳",
    "qwy_1949",
]
STORY = (
    f"患者{NAME}（{PINYIN}，QINWENYUAN），秦先生，身份证{ID_NO}，电话{PHONE}或138 1234 5678，住院号：778812，"
    "2026年11月20日在城东医院就诊，邮箱qin1949@example.com，微信号qwy_1949，车牌京A12345，"
    "由王芳医生送来，活动后胸痛 3 天。"
)


def mark(place):
    """What is planted there, and nowhere else."""
    return f"植{place}"


PDF_META = ["Title", "Author", "Subject", "Keywords", "Creator", "Producer"]
IN_PDF = [
    "2026-11-20",
    *(mark(f"Pdf{name}") for name in PDF_META),
    *map(mark, ["PdfXmp", "PdfNote", "PdfFreeText", "PdfFile", "PdfFileName", "PdfWhite", "PdfNoteAuthor"]),
]
IN_PHOTO = list(
    map(mark, ["Description", "Artist", "Copyright", "UserComment", "Xmp", "Comment", "Thumbnail", "Icc", "Gps"])
)
DICOM_TEXT = {
    "OtherPatientIDs": "DcmOtherId",
    "PatientAddress": "DcmAddress",
    "PatientTelephoneNumbers": "DcmTel",
    "PatientComments": "DcmComments",
    "ReferringPhysicianName": "DcmReferrer",
    "PerformingPhysicianName": "DcmPerformer",
    "OperatorsName": "DcmOperator",
    "InstitutionName": "DcmInstitution",
    "InstitutionAddress": "DcmPlace",
    "StudyDescription": "DcmStudy",
    "SeriesDescription": "DcmSeries",
    "ImageComments": "DcmImage",
    "AdditionalPatientHistory": "DcmHistory",
    "ProtocolName": "DcmProtocol",
}
DICOM_SHORT = {"PatientID": "P778812Q", "AccessionNumber": "ACC9913", "StudyID": "ST9914", "StationName": "CT9915Q"}
STUDY, SERIES, DATE, BORN = "1.2.826.0.1.99.7", "1.2.826.0.1.99.8", "20261120", "19491231"
IN_DICOM = [
    *map(mark, DICOM_TEXT.values()),
    *DICOM_SHORT.values(),
    *map(mark, ["DcmPrivate", "DcmCreator", "DcmNested", "DcmNestedPrivate", "DcmDeep", "DcmOverlay", "DcmUnknown"]),
    "QINWENYUAN",
    STUDY,
    SERIES,
    DATE,
    BORN,
    "Zz-trailing-Zz",
]
IN_ECG = list(map(mark, ["EcgName", "EcgId", "EcgComment", "EcgDevice"]))
FILE_NAME = f"{NAME}-胸片-778812.dcm"
PLANTED = [*IN_TEXT, *IN_PDF, *IN_PHOTO, *IN_DICOM, *IN_ECG, FILE_NAME]


def document():
    """Two lines that name somebody, one that does not; and everything a PDF can hide."""
    page = f"""#set text(font: "Noto Sans CJK SC", size: 14pt)
姓名 {NAME} 电话 {PHONE}

检查日期 2026-11-20

#text(fill: white)[{mark("PdfWhite")}]

ST 段压低 0.1 mV"""
    faces = typst.Fonts(include_system_fonts=False, font_paths=[str(font_file().parent)])
    made = typst.compile(page.encode(), format="pdf", font_paths=faces, ignore_system_fonts=True)
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made)))
    writer.add_metadata({f"/{name}": mark(f"Pdf{name}") for name in PDF_META})
    writer.xmp_metadata = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{mark('PdfXmp')}</x:xmpmeta>".encode()
    note = Text(text=mark("PdfNote"), rect=(50, 550, 200, 650), title_bar=mark("PdfNoteAuthor"))
    writer.add_annotation(0, note)
    writer.add_annotation(0, FreeText(text=mark("PdfFreeText"), rect=(50, 350, 200, 450)))
    writer.add_attachment(f"{mark('PdfFileName')}.txt", mark("PdfFile").encode("gb18030"))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PLATE = (200, 40, 600, 90)
"""Pixels of the photo in which a name is burnt."""


def photo():
    picture = Image.new("RGB", (1000, 700), (150, 140, 130))
    ImageDraw.Draw(picture).rectangle(PLATE, fill="white")
    ImageDraw.Draw(picture).text((220, 55), "QIN WENYUAN 1949-12-31", fill="black", font_size=28)
    exif = Image.Exif()
    for tag, place in ((0x010E, "Description"), (0x013B, "Artist"), (0x8298, "Copyright")):
        exif[tag] = mark(place).encode()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + mark("UserComment").encode("utf-16-le")
    exif.get_ifd(0x8825)[0x001B] = mark("Gps").encode()
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + mark("Icc").encode()
    extra = {"xmp": f"<x:xmpmeta>{mark('Xmp')}</x:xmpmeta>".encode(), "comment": mark("Comment").encode()}
    picture.save(out, "JPEG", quality=95, exif=exif, icc_profile=profile, **extra)
    return _with_thumbnail(out.getvalue())


def _with_thumbnail(content):
    """A second application segment with a small JPEG in it that says who it was."""
    small = io.BytesIO()
    Image.new("RGB", (16, 12)).save(small, "JPEG", comment=mark("Thumbnail").encode())
    body = b"JFXX\0\x10" + small.getvalue()
    return content[:2] + b"\xff\xe0" + struct.pack(">H", len(body) + 2) + body + content[2:]


NAME_PLATE = (slice(0, 12), slice(20, 90))
"""Rows and columns of the DICOM picture in which a name is burnt."""


def picture(number):
    pixels = np.full((80, 120), 300, np.uint16) + np.arange(120, dtype=np.uint16)
    pixels[NAME_PLATE] = 4095
    pixels[4:8, 25:85:3] = 0
    pixels[40, 40] |= 0x8000  # an unused bit, as old overlays used them
    facts = {name: mark(place) for name, place in DICOM_TEXT.items()}
    nested = Dataset()
    nested.RequestedProcedureDescription = mark("DcmNested")
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 12
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 120, 80
    region.private_block(0x0011, mark("DcmCreator"), create=True).add_new(1, "LO", mark("DcmNestedPrivate"))
    deep = Dataset()
    deep.ImageComments = mark("DcmDeep")
    region.PixelMeasuresSequence = Sequence([deep])
    ds = dict(
        SpecificCharacterSet="GB18030" if number % 2 else "ISO_IR 192",
        PatientName="Qin^Wenyuan=秦^文远",
        PatientBirthDate=BORN,
        StudyDate=DATE,
        StudyInstanceUID=STUDY,
        SeriesInstanceUID=SERIES,
        SOPInstanceUID=generate_uid(entropy_srcs=[str(number)]),
        InstanceNumber=number,
        Modality="US",
        BodyPartExamined="QINWENYUAN",
        BitsStored=12,
        HighBit=11,
        RequestAttributesSequence=Sequence([nested]),
        SequenceOfUltrasoundRegions=Sequence([region]),
        PixelData=pixels.tobytes() + b"Zz-trailing-Zz",
        **facts,
        **DICOM_SHORT,
    )
    return records.dicom(pixels, extra=_hidden, **ds)


def _hidden(ds):
    """A private block, an overlay and an element that no dictionary knows."""
    ds.private_block(0x0029, mark("DcmCreator"), create=True).add_new(1, "LT", mark("DcmPrivate"))
    ds.add_new(0x60000022, "LO", mark("DcmOverlay"))
    ds.add_new(0x60000010, "US", 80)
    ds.add_new(0x60000011, "US", 120)
    ds.add_new(0x60003000, "OW", mark("DcmOverlay").encode("utf-16-le"))
    ds.add_new(0x00080FFE, "UN", mark("DcmUnknown").encode("gb18030"))


def folder():
    """Two pictures of one study, under names that tell whose."""
    return records.zipped({f"{NAME}/{mark('DcmUnknown')}{number}.dcm": picture(number) for number in (1, 2)})


def trace():
    comment = f"<!-- {mark('EcgComment')} {mark('EcgDevice')} --><id extension='{mark('EcgId')}'/>"
    whole = records.aecg(records.twelve_leads(), patient=mark("EcgName")).decode()
    return whole.replace('<id root="1.2.3"/>', comment).encode()
