"""The basic application level confidentiality profile of DICOM PS3.15, annex E, and more than it asks.

Which attributes may not stay is the library's table E.1-1 (edition 2024b); the library's own walk acts on the outermost
data set only, so every nested one is walked here. Options: "clean pixel data" (113101, by whoever reviews) and "retain
longitudinal temporal information with modified dates" (113107). Beyond the table, no free text is kept, no private
attribute, no overlay, and no sequence that a viewer does not need.
"""

import hashlib
import hmac
import io
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from server.files.sandbox.identity import bare
from server.files.sandbox.task import Wishes

DATES = {"StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime"}
TIMES = {"StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"}
SEQUENCES = {
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "FrameContentSequence",
    "VOILUTSequence",
    "ModalityLUTSequence",
    "SequenceOfUltrasoundRegions",
}
SHOWN_BY = {
    "LUTData",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
}
"""Values by which pixels are shown."""
NUMBERS = {"AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"}
CODE = re.compile(r"[A-Z0-9_ ]{0,16}")
CURVES_AND_OVERLAYS = range(0x5000, 0x6100)
STANDARD_UID = "1.2.840.10008."
METHOD = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113101", "Clean Pixel Data Option"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)


def _listed() -> frozenset[int]:
    """Table E.1-1 without its repeating groups, which are left out whole."""
    table = dicom_anonymization_database_selector("dicomfields_2024b")["ALL_TAGS"]
    return frozenset(group << 16 | element for group, element, *mask in table if not mask)


LISTED = _listed()


@dataclass(frozen=True)
class Profile:
    wishes: Wishes

    def uid(self, old: str) -> str:
        """The same for the same within a case, told by nothing outside it."""
        drawn = hmac.digest(self.wishes.key, old.encode(), hashlib.sha256)
        return f"2.25.{int.from_bytes(drawn[:16])}"

    def cleaned(self, ds: Dataset) -> Dataset:
        """What may stay, at every depth, without the pixels."""
        kept = Dataset()
        for element in ds:
            if not element.is_private and element.tag.group not in CURVES_AND_OVERLAYS:
                self._keep(kept, element)
        return kept

    def _keep(self, kept: Dataset, element: DataElement) -> None:
        name = keyword_for_tag(element.tag)
        if element.VR == "SQ" and name in SEQUENCES:
            kept.add_new(element.tag, "SQ", Sequence(self.cleaned(item) for item in element.value))
        elif element.VR == "UI":
            kept.add_new(element.tag, "UI", self._moved_uids(element.value))
        elif name in DATES or name in TIMES:
            if moved := moved_date(str(element.value), 0 if name in TIMES else self.wishes.shift):
                kept.add_new(element.tag, element.VR, moved)
        elif element.tag not in LISTED and (name in SHOWN_BY or self._is_plain(element)):
            kept.add_new(element.tag, element.VR, element.value)

    def _moved_uids(self, value: Any) -> Any:
        old = list(value) if isinstance(value, MultiValue) else [value]
        new = [str(one) if str(one).startswith(STANDARD_UID) else self.uid(str(one)) for one in old if one]
        return new[0] if len(new) == 1 else new

    def _is_plain(self, element: DataElement) -> bool:
        """A number or a coded word that holds nothing of the patient's."""
        if element.VR not in NUMBERS | {"CS"}:
            return False
        values = element.value if isinstance(element.value, MultiValue) else [element.value]
        told = [str(value) for value in values if value is not None]
        coded = element.VR != "CS" or all(CODE.fullmatch(value) for value in told)
        return coded and not any(word in bare("".join(told)) for word in self._words)

    @cached_property
    def _words(self) -> set[str]:
        return {bare(word) for word in self.wishes.words if len(bare(word)) > 1}


def moved_date(value: str, days: int) -> str:
    """A DA, DT or TM value moved by `days`, without fractions of a second and zone; "" for what is none."""
    if re.fullmatch(r"\d{2,6}(?:\.\d{1,6})?", value) and not days:
        return value.partition(".")[0]
    found = re.match(r"(\d{8})(\d{0,6})", value)
    if not found:
        return ""
    try:
        moved = datetime.strptime(found[1], "%Y%m%d") + timedelta(days=days)  # noqa: DTZ007 - a day
    except (ValueError, OverflowError):
        return ""
    return moved.strftime("%Y%m%d") + found[2]


def signed(ds: Dataset) -> Dataset:
    """Says of itself that nobody is named in it, and by which rules."""
    ds.PatientName = ds.PatientID = ds.PatientBirthDate = ds.PatientSex = ""
    ds.PatientIdentityRemoved, ds.BurnedInAnnotation = "YES", "NO"
    ds.LongitudinalTemporalInformationModified = "MODIFIED"
    ds.DeidentificationMethodCodeSequence = Sequence(coded("DCM", *method) for method in METHOD)
    return ds


def coded(scheme: str, value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def written(ds: Dataset) -> bytes:
    """As a file of its own, uncompressed."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    FileDataset(out, ds, file_meta=meta, preamble=bytes(128)).save_as(out, enforce_file_format=True)
    return out.getvalue()
