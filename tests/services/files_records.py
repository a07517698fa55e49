"""The same twelve leads written in each format a cart may export, and DICOM pictures made to order."""

import io
import struct
import zipfile

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
RATE = 500


def twelve_leads(seconds=10):
    """Microvolts, shape (12, samples): a beat a second, lead I one millivolt high; limb leads obey Einthoven."""
    time = np.arange(seconds * RATE) / RATE
    beat = np.exp(-(((time % 1) - 0.4) ** 2) / (2 * 0.01**2))
    first, second = 1000 * beat, 600 * beat
    limb = [first, second, second - first, -(first + second) / 2, first - second / 2, second - first / 2]
    chest = [(400 + 100 * place) * beat for place in range(6)]
    return np.round(np.stack(limb + chest)).astype(np.int16)


def edf(samples):
    count, length = samples.shape
    seconds = length // RATE
    head = b"0".ljust(8) + b"X X X X".ljust(80) + b"Startdate 23-NOV-2026 X X X".ljust(80)
    head += b"23.11.26" + b"09.00.00" + str(256 * (count + 1)).encode().ljust(8) + b"".ljust(44)
    head += str(seconds).encode().ljust(8) + b"1".ljust(8) + str(count).encode().ljust(4)
    fields = [
        [f"ECG {name}".encode().ljust(16) for name in LEADS],
        [b"AgAgCl electrode".ljust(80)] * count,
        [b"uV".ljust(8)] * count,
        [b"-32768".ljust(8)] * count,
        [b"32767".ljust(8)] * count,
        [b"-32768".ljust(8)] * count,
        [b"32767".ljust(8)] * count,
        [b"".ljust(80)] * count,
        [str(RATE).encode().ljust(8)] * count,
        [b"".ljust(32)] * count,
    ]
    records = [lead[at * RATE : (at + 1) * RATE] for at in range(seconds) for lead in samples]
    return head + b"".join(map(b"".join, fields)) + b"".join(part.astype("<i2").tobytes() for part in records)


def wfdb(samples):
    count, length = samples.shape
    lines = [f"strip {count} {RATE} {length}"]
    lines += [f"strip.dat 16 1000/mV 16 0 {lead[0]} 0 0 {name}" for name, lead in zip(LEADS, samples, strict=True)]
    return zipped({"strip.hea": "\n".join(lines).encode() + b"\n", "strip.dat": samples.T.astype("<i2").tobytes()})


def aecg(samples, patient="", declaration=""):
    sequences = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{name.upper()}"/><value xsi:type="SLIST_PQ">'
        f'<origin value="0" unit="uV"/><scale value="1" unit="uV"/>'
        f"<digits>{' '.join(map(str, lead))}</digits></value></sequence></component>"
        for name, lead in zip(LEADS, samples, strict=True)
    )
    time = (
        '<component><sequence><code code="TIME_RELATIVE"/><value xsi:type="GLIST_PQ">'
        f'<head value="0" unit="s"/><increment value="{1 / RATE}" unit="s"/></value></sequence></component>'
    )
    subject = (
        "<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>"
        f"<subjectDemographicPerson><name>{patient}</name></subjectDemographicPerson>"
        "</trialSubject></subject></subjectAssignment></componentOf></timepointEvent></componentOf>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{declaration}'
        '<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<id root="1.2.3"/><effectiveTime><low value="20261123090000"/></effectiveTime>'
        f"{subject}<component><series><code code='RHYTHM'/><component><sequenceSet>{time}{sequences}"
        "</sequenceSet></component></series></component></AnnotatedECG>"
    ).encode()


def mfer(samples):
    count, length = samples.shape

    def tag(code, value):
        size = bytes([len(value)]) if len(value) < 128 else b"\x84" + len(value).to_bytes(4, "big")
        return bytes([code]) + size + value

    codes = {"I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8}
    codes |= {"III": 61, "aVR": 62, "aVL": 63, "aVF": 64}
    leads = b"".join(
        bytes([0x3F, at]) + bytes([len(inner := tag(0x09, bytes([codes[name]])))]) + inner
        for at, name in enumerate(LEADS)
    )
    return (
        tag(0x40, b"MFR " + b"Standard 12 leads ECG".ljust(28))
        + tag(0x01, b"\x01")
        + tag(0x08, b"\x01")
        + tag(0x0B, b"\x01\xfd" + (2).to_bytes(2, "little"))
        + tag(0x0C, b"\x00\xfa" + (1).to_bytes(2, "little"))
        + tag(0x0A, b"\x00")
        + tag(0x05, bytes([count]))
        + leads
        + tag(0x04, length.to_bytes(4, "little"))
        + tag(0x06, (1).to_bytes(2, "little"))
        + tag(0x1E, samples.astype("<i2").tobytes())
        + b"\x80"
    )


def scp(samples):
    """SCP-ECG (EN 1064) with sections 0, 1, 3 and 6, uncompressed."""
    length = samples.shape[1]
    codes = (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8)
    third = struct.pack("<BB", 12, 0x04 | 12 << 3) + b"".join(struct.pack("<IIB", 1, length, code) for code in codes)
    sixth = struct.pack("<HHBB", 1000, 1_000_000 // RATE, 0, 0) + struct.pack("<12H", *[2 * length] * 12)
    sixth += samples.astype("<i2").tobytes()
    first = struct.pack("<BHHBB", 25, 4, 2026, 11, 23) + struct.pack("<BHBBB", 26, 3, 9, 0, 0) + b"\xff\0\0"
    bodies = {1: first, 3: third, 6: sixth}
    start, pointers, sections = 7 + 16 + 120, [(0, 136, 7)], b""
    for number in range(1, 12):
        part = section(number, bodies[number]) if number in bodies else b""
        pointers.append((number, len(part), start + len(sections) if part else 0))
        sections += part
    head = section(0, b"".join(struct.pack("<HII", *pointer) for pointer in pointers), b"SCPECG")
    whole = struct.pack("<I", 6 + len(head) + len(sections)) + head + sections
    return struct.pack("<H", crc(whole)) + whole


def section(number, body, reserved=bytes(6)):
    body += b"\0" * (len(body) % 2)
    inner = struct.pack("<HIBB", number, len(body) + 16, 20, 20) + reserved + body
    return struct.pack("<H", crc(inner)) + inner


def crc(content):
    """CRC-CCITT, polynomial 0x1021, begun with ones."""
    value = 0xFFFF
    for byte in content:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def dicom(pixels=None, *, syntax=ExplicitVRLittleEndian, extra=lambda ds: None, **elements):
    """A secondary capture of grey 16-bit `pixels` (8 x 8 unless given), with what `elements` say and `extra` adds."""
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8) if pixels is None else pixels
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", generate_uid(entropy_srcs=["one"])
    ds.StudyInstanceUID = generate_uid(entropy_srcs=["study"])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["series"])
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "CR", 1, 1
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit = ds.BitsStored - 1
    ds.PixelData = pixels.tobytes()
    for name, value in elements.items():
        setattr(ds, name, value)
    extra(ds)
    return written(ds, syntax)


def written(ds, syntax=ExplicitVRLittleEndian):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    FileDataset(out, ds, file_meta=meta, preamble=bytes(128)).save_as(out, enforce_file_format=True)
    return out.getvalue()
