"""A real twelve-lead ECG and a real radiograph, out of packages that ship them for testing, and a drawn laboratory slip.

All are in the name of whose case it is.
"""

from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread

from server.documents.glyphs import SIMPLIFIED_FACE, font_file
from server.files.subjects import About

FILES = {
    "ecg": ("pydicom", "data/test_files/waveform_ecg.dcm", "十二导联心电图.dcm"),
    "chest": ("data_store", "data/RG1_UNCR.dcm", "X光片.dcm"),
}
SLIP = ("slip", "化验单.jpg")
SHEET = (1200, 900)
OF_WHOM = (0.05, 0.17, 0.9, 0.12)
"""Where on the slip it says whose blood it was and when, as a part of its width and height."""
RESULTS = (
    ("肌钙蛋白 I", "0.02", "ng/mL", "< 0.04"),
    ("肌酸激酶同工酶", "3.1", "ng/mL", "< 5.0"),
    ("低密度脂蛋白", "3.9", "mmol/L", "< 3.4"),
    ("空腹血糖", "5.8", "mmol/L", "3.9–6.1"),
    ("肌酐", "78", "μmol/L", "57–97"),
)


def of(name: str, about: About, at: datetime) -> tuple[bytes, str]:
    """The bytes and the file name of "ecg", "chest" or "slip", taken of that patient at that time.

    Raises FileNotFoundError when the package is not there.
    """
    if name == SLIP[0]:
        return _slip(about, at), SLIP[1]
    package, path, shown = FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package}: install the extra `demo`")
    return _renamed(Path(spec.origin).parent / path, about, at), shown


def _renamed(path: Path, about: About, at: datetime) -> bytes:
    """The sample says somebody else's name; ours must be the case's, or the file is rightly flagged as a mix-up."""
    sample = dcmread(path)
    sample.SpecificCharacterSet = "ISO_IR 192"
    sample.PatientName = about.names[0] if about.names else ""
    sample.PatientID = (about.patient_id or "")[:12]
    sample.PatientSex = about.sex or "O"
    sample.PatientBirthDate = f"{about.birth_date:%Y%m%d}" if about.birth_date else ""
    for day in ("StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate"):
        if day in sample:
            setattr(sample, day, f"{at:%Y%m%d}")
    if "AcquisitionDateTime" in sample:
        sample.AcquisitionDateTime = f"{at:%Y%m%d%H%M%S}"
    written = BytesIO()
    sample.save_as(written)
    return written.getvalue()


def _slip(about: About, at: datetime) -> bytes:
    """As a phone takes it: a sheet of paper on a desk."""
    photo = Image.new("RGB", SHEET, (104, 96, 88))
    drawn = ImageDraw.Draw(photo)
    small, large = (ImageFont.truetype(font_file(), size, index=SIMPLIFIED_FACE) for size in (30, 44))
    drawn.rectangle((30, 30, SHEET[0] - 30, SHEET[1] - 30), fill=(247, 245, 238))
    drawn.text((SHEET[0] / 2, 95), "检验报告单", (40, 40, 48), large, anchor="mm")
    who = f"姓名：{about.names[0] if about.names else ''}    标本：血清    采样：{at:%Y-%m-%d %H:%M}"
    drawn.text((90, 205), who, (40, 40, 48), small, anchor="lm")
    for row, cells in enumerate((("项目", "结果", "单位", "参考"), *RESULTS)):
        height = 330 + 84 * row
        for left, words in zip((90, 500, 700, 920), cells, strict=True):
            drawn.text((left, height), words, (40, 40, 48), small, anchor="lm")
        drawn.line((80, height + 42, SHEET[0] - 80, height + 42), (190, 188, 180), 2)
    out = BytesIO()
    photo.save(out, "JPEG", quality=88)
    return out.getvalue()
