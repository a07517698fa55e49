"""An ECG for teaching: its samples in a new DICOM record (general ECG), whatever the make of the old one.

Nothing of the old header is carried over but the leads' names, of those that every electrocardiograph knows, the
sampling rate and the moved date; the device's own sentences stay behind.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from ecgdatakit import ECGRecord
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import GeneralECGWaveformStorage

from server.files.kinds import Content
from server.files.sandbox import ecg, profile
from server.files.sandbox.sheets import Sheet
from server.files.sandbox.task import Wishes

LEAD = re.compile(r"(?:I{1,3}|aV[RLF]|V[1-9]R?|[XYZ]|-?aVR|MCL[1-6]|ES|AS|AI)")


class EcgCopier:
    content = Content.DICOM

    def __init__(self, record: ECGRecord, wishes: Wishes) -> None:
        self._record, self._wishes = record, wishes

    def sheets(self) -> Iterator[Sheet]:
        """None: a trace shows no words."""
        return iter(())

    def written(self) -> Iterator[bytes]:
        leads, samples = ecg.in_microvolts(self._record)
        ds = _record(samples, profile.Profile(self._wishes))
        _date(ds, self._record.recording.date, self._wishes.shift)
        labels = [lead.label for lead in leads]
        ds.WaveformSequence = Sequence([_waveform(labels, samples, leads[0].sampling_rate)])
        yield profile.written(profile.signed(ds))


def _record(samples: NDArray[np.int16], by: profile.Profile) -> Dataset:
    """Of nobody; its UIDs follow from its samples, so that it is the same when it is made again."""
    summed = hashlib.sha256(samples.tobytes()).hexdigest()
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = GeneralECGWaveformStorage, "ECG"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = (by.uid(f"{n}:{summed}") for n in range(3))
    ds.SeriesNumber = ds.InstanceNumber = 1
    return ds


def _date(ds: Dataset, recorded: datetime | None, shift: int) -> None:
    if recorded:
        moved = recorded + timedelta(days=shift)
        ds.AcquisitionDateTime = moved.strftime("%Y%m%d%H%M%S")
        ds.StudyDate = ds.ContentDate = moved.strftime("%Y%m%d")


def _waveform(labels: list[str], samples: NDArray[np.int16], rate: float) -> Dataset:
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = samples.shape
    group.SamplingFrequency = f"{rate:.10g}"
    group.ChannelDefinitionSequence = Sequence(_channel(name) for name in names(labels))
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.add_new("WaveformPaddingValue", "OW", np.array([ecg.GAP], "<i2").tobytes())
    group.add_new("WaveformData", "OW", samples.T.astype("<i2").tobytes())
    return group


def names(labels: list[str]) -> list[str]:
    """The leads' own where they are leads' names, else their number."""
    return [label if LEAD.fullmatch(label) else f"C{number}" for number, label in enumerate(labels, 1)]


def _channel(name: str) -> Dataset:
    channel = Dataset()
    channel.ChannelLabel = name
    channel.ChannelSourceSequence = Sequence([profile.coded("99LEAD", name, f"Lead {name}")])
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = "1", "1"
    channel.ChannelSensitivityUnitsSequence = Sequence([profile.coded("UCUM", "uV", "microvolt")])
    channel.ChannelBaseline, channel.WaveformBitsStored = "0", 16
    return channel
