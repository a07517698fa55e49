"""ECG records of every common make: samples in microvolts, lead by lead, and the device's own measurements."""

import gzip
import re
import warnings
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from ecgdatakit import CorruptedFileError, ECGDataKitError, ECGRecord, FileParser, Lead, UnsupportedFormatError
from ecgdatakit.parsing.parsers.wfdb import WFDBParser
from numpy.typing import NDArray

from server.files.sandbox import shelf
from server.files.sandbox.identity import Expected, matches
from server.files.sandbox.pipe import Pipe, refuse

GAP = -32768
"""Stands for a sample that the record does not hold."""
LONGEST_SECONDS = 600
MOST_LEADS = 24
LARGEST = 50 * 1024 * 1024
ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
MEASURED = (
    "heart_rate",
    "pr_interval",
    "qrs_duration",
    "qt_interval",
    "qtc_bazett",
    "qtc_fridericia",
    "p_axis",
    "qrs_axis",
    "t_axis",
)


def read_one(content: bytes, pipe: Pipe, expected: Expected) -> dict[str, Any]:
    """A record in a single file. Raises Refused."""
    return _told(record_of(content), pipe, expected)


def read_wfdb(files: dict[str, bytes], pipe: Pipe, expected: Expected) -> dict[str, Any]:
    """A WFDB record: a header and the signal files it names."""
    return _told(wfdb_of(files), pipe, expected)


def record_of(content: bytes) -> ECGRecord:
    """Raises Refused."""
    if ENTITY.search(content.replace(b"\0", b"")[: 64 * 1024]):
        refuse("entities")
    shelf.put({"record.bin": content})
    return _parsed("record.bin")


def wfdb_of(files: dict[str, bytes]) -> ECGRecord:
    """Raises Refused."""
    shelf.put(files)
    return _parsed(min(name for name in files if name.endswith(".hea")))


def _parsed(name: str) -> ECGRecord:
    warnings.simplefilter("ignore")
    try:
        return FileParser.parse(shelf.ROOT / PurePosixPath(name).name, units="uV")
    except UnsupportedFormatError:
        refuse("unknown_type")
    except (CorruptedFileError, ECGDataKitError, OSError, ValueError, KeyError, TypeError):
        refuse("damaged")


def in_microvolts(record: ECGRecord) -> tuple[list[Lead], NDArray[np.int16]]:
    """The leads that can be drawn to scale, all of one rate, and their samples, a row each. Raises Refused."""
    leads = _in_volts(record)
    longest = max(len(lead.samples) for lead in leads)
    length = min(longest, int(LONGEST_SECONDS * leads[0].sampling_rate))
    return leads, np.stack([_microvolts(lead.samples[:length], length) for lead in leads])


def _told(record: ECGRecord, pipe: Pipe, expected: Expected) -> dict[str, Any]:
    leads, samples = in_microvolts(record)
    rate = leads[0].sampling_rate
    pipe.derive("samples", gzip.compress(samples.astype("<i2").tobytes(), compresslevel=6, mtime=0))
    whole = max(len(lead.samples) for lead in leads) / rate
    return {
        "kind": "ecg",
        "sample_rate": float(rate),
        "leads": [lead.label[:16] for lead in leads],
        "samples": int(samples.shape[1]),
        "seconds": round(whole, 3),
        "format": record.file_format.name[:32],
        "measured": _measured(record),
        "statements": [text.strip()[:160] for _, text in record.interpretation.statements[:20] if text.strip()],
        "filters": _filters(record),
        "matches": _speaks_of(record, expected),
        "acquired": record.recording.date.isoformat() if record.recording.date else None,
    }


def _in_volts(record: ECGRecord) -> list[Lead]:
    drawable = [lead for lead in record.leads if lead.units == "uV" and len(lead.samples) and lead.sampling_rate > 0]
    if not drawable:
        refuse("no_scale" if record.leads else "no_picture")
    rate = Counter(lead.sampling_rate for lead in drawable).most_common(1)[0][0]
    return [lead for lead in drawable if lead.sampling_rate == rate][:MOST_LEADS]


def _microvolts(samples: NDArray[np.float64], length: int) -> NDArray[np.int16]:
    whole = np.full(length, np.nan)
    whole[: len(samples)] = samples
    limited: NDArray[np.float64] = np.clip(np.nan_to_num(np.round(whole), nan=GAP), GAP, 32767)
    return limited.astype(np.int16)


def _measured(record: ECGRecord) -> dict[str, int]:
    found = {name: getattr(record.measurements, name) for name in MEASURED}
    return {name: int(value) for name, value in found.items() if value is not None and abs(value) < 10_000}


def _filters(record: ECGRecord) -> dict[str, float]:
    filters = record.recording.acquisition.filters
    found = {name: getattr(filters, name) for name in ("highpass", "lowpass", "notch")}
    return {name: float(value) for name, value in found.items() if value}


def _speaks_of(record: ECGRecord, expected: Expected) -> bool | None:
    patient = record.patient
    names = (
        f"{patient.last_name}{patient.first_name}",
        f"{patient.first_name}{patient.last_name}",
        *patient.last_name.split("="),
    )
    born = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    return matches(expected, names, born, patient.sex[:1].upper())


def is_wfdb(name: str, head: bytes) -> bool:
    return name.endswith(".hea") and WFDBParser.can_parse(shelf.ROOT / "record.hea", head)
