"""What the child may say of a file: checked word by word, for a crafted file may have taken the child over."""

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

MOST_PIXELS = 32768
CHINA = ZoneInfo("Asia/Shanghai")

Code = Annotated[str, Field(pattern=r"^[A-Z0-9_ ]{0,16}$")]
Uid = Annotated[str, Field(pattern=r"^[0-9.]{0,64}$")]
Label = Annotated[str, Field(max_length=32)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Size = Annotated[int, Field(ge=1, le=MOST_PIXELS)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Said(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Window(Said):
    """In modality units (HU where the object says so)."""

    name: Label
    center: Finite
    width: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    shape: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"] = "LINEAR"


class Look(Said):
    """How frames are to be looked at. `spacing` is millimetres between rows, between columns."""

    study: Uid
    series: Uid
    instance: Uid
    series_number: Count
    number: Count
    modality: Code
    body_part: Code
    laterality: Code
    view: Code
    rows: Size
    cols: Size
    frame_time: Annotated[float, Field(gt=0, lt=60_000)] | None
    format: Literal["u8", "u16", "i16", "jpeg"]
    photometric: Literal["MONOCHROME1", "MONOCHROME2", "RGB"]
    slope: Finite
    intercept: Finite
    unit: Code
    windows: Annotated[tuple[Window, ...], Field(max_length=16)]
    spacing: tuple[Finite, Finite] | None


class Frame(Look):
    frame: Count
    length: Annotated[int, Field(gt=0)]


class Outcome(Said):
    """The end of a run that refused nothing."""

    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,60}$")]
    acquired: datetime | None = None
    matches: bool | None = None
    left: Annotated[dict[Literal["photo", "pdf", "ecg"], Count], Field(max_length=3)] = {}
    """Of a zip: what lies there besides and was not taken."""

    @property
    def acquired_at(self) -> datetime | None:
        """Aware; the whole of China has one zone, and that is what a device means that names none."""
        if self.acquired is None or self.acquired.tzinfo is not None:
            return self.acquired
        return self.acquired.replace(tzinfo=CHINA)


class Photo(Outcome):
    kind: Literal["photo"]
    width: Count
    height: Count


class Pdf(Outcome):
    """`words`: what stands on each page, from the first on, where that was asked for."""

    kind: Literal["pdf"]
    pages: Count
    words: Annotated[tuple[Annotated[str, Field(max_length=20_000)], ...], Field(max_length=2000)] = ()


class Ecg(Outcome):
    """`samples` a lead, `sample_rate` a second; `measured` in ms, degrees and beats a minute, as the device says."""

    kind: Literal["ecg"]
    sample_rate: Annotated[float, Field(gt=0, le=100_000)]
    leads: Annotated[tuple[Annotated[str, Field(max_length=16)], ...], Field(min_length=1, max_length=24)]
    samples: Annotated[int, Field(gt=0)]
    seconds: Annotated[float, Field(gt=0, lt=1e7)]
    format: Label
    measured: dict[Annotated[str, Field(max_length=24)], int]
    statements: Annotated[tuple[Annotated[str, Field(max_length=160)], ...], Field(max_length=20)]
    filters: dict[Annotated[str, Field(max_length=16)], Finite]


class Dicom(Outcome):
    """`next` is where the following run begins, None when all frames were handed out."""

    kind: Literal["dicom"]
    skipped: Count
    next: tuple[Count, Count] | None


# ---- of copies ----

Part = Annotated[float, Field(ge=-0.1, le=1.1, allow_inf_nan=False)]
Box = tuple[Part, Part, Part, Part]
"""Left, top, width and height, as parts of the picture's own."""


class Sheet(Said):
    """A picture to be looked through; `length` bytes of the sheets, after those before it."""

    group: Annotated[str, Field(pattern=r"^[0-9.]{1,64}$")]
    width: Size
    height: Size
    length: Annotated[int, Field(gt=0)]
    proposed: Annotated[tuple[Box, ...], Field(max_length=32)] = ()


class Words(Said):
    """What is written on a sheet, with the place of each character."""

    text: Annotated[str, Field(max_length=20_000)]
    places: Annotated[tuple[Box, ...], Field(max_length=20_000)]


class Surveyed(Said):
    kind: Literal["survey"]


class Rewritten(Said):
    kind: Literal["copy"]
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,60}$")]
