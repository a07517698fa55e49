"""Copies for teaching out of the sandbox: every make of ECG, pictures by the profile, pages flattened."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from server.files.facts import Ecg
from server.files.parsing import Sandbox, Unreadable, Wishes
from tests.services import files_records as records
from tests.services.files_bombs import BOMBS
from tests.services.test_files_sandbox import NOBODY, Kept, upload_of

LEADS = records.twelve_leads()


def wishes(key=b"case", **masks):
    return Wishes(shift=-40, key=key, words=frozenset({"秦文远", "qinwenyuan"}), masks=masks)


async def copied(content, by=None):
    kept = Kept()
    await Sandbox().rewrite(upload_of(content), by or wishes(), kept)
    return kept["copy"]


async def surveyed(content):
    return await Sandbox().survey(upload_of(content), wishes(), Kept())


def real(name):
    return Path(get_testdata_file(name)).read_bytes()


@pytest.mark.parametrize("make", [records.scp, records.aecg, records.mfer, records.edf, records.wfdb])
async def test_an_ecg_of_any_make_is_read_again_as_it_was(make):
    kept = Kept()
    outcome, _ = await Sandbox().read(upload_of(await copied(make(LEADS))), NOBODY, kept)
    assert isinstance(outcome, Ecg)
    assert (outcome.leads, outcome.sample_rate, outcome.samples) == (records.LEADS, 500, LEADS.shape[1])
    before = Kept()
    await Sandbox().read(upload_of(make(LEADS)), NOBODY, before)
    assert kept["samples"] == before["samples"]


async def test_a_slice_keeps_its_values_and_scale_and_nothing_that_names_anybody():
    before, after = dcmread(get_testdata_file("CT_small.dcm")), dcmread(io.BytesIO(await copied(real("CT_small.dcm"))))
    assert np.array_equal(before.pixel_array, after.pixel_array)
    for kept in ("RescaleSlope", "RescaleIntercept", "PixelSpacing", "SliceThickness", "ImagePositionPatient"):
        assert after[kept].value == before[kept].value
    assert (before.StudyDate, after.StudyDate) == ("20040119", "20031210")
    names = {element.keyword for element in after.iterall() if element.VR in ("LO", "SH", "PN", "LT", "ST", "UT")}
    assert names == {"PatientName", "PatientID", "CodeValue", "CodingSchemeDesignator", "CodeMeaning"}


async def test_one_study_stays_one_study_and_is_found_in_no_other_case():
    pictures = [records.dicom(InstanceNumber=number) for number in (1, 2)]
    here = dcmread(io.BytesIO(await copied(pictures[0])))
    with zipfile.ZipFile(io.BytesIO(await copied(records.zipped({"a": pictures[0], "b": pictures[1]})))) as folder:
        there = [dcmread(io.BytesIO(folder.read(name))) for name in folder.namelist()]
    elsewhere = dcmread(io.BytesIO(await copied(pictures[0], wishes(key=b"another"))))
    assert {one.StudyInstanceUID for one in there} == {here.StudyInstanceUID} != {elsewhere.StudyInstanceUID}


async def test_boxes_are_black_in_every_frame_and_the_rest_is_as_it_was():
    survey = await surveyed(real("examples_ybr_color.dcm"))
    assert len(survey.sheets) == 30
    (group,) = {sheet.group for sheet in survey.sheets}
    (band,) = survey.sheets[0].proposed
    by = Wishes(shift=0, key=b"case", masks={group: [band]})
    pixels = dcmread(io.BytesIO(await copied(real("examples_ybr_color.dcm"), by))).pixel_array
    unmasked = dcmread(io.BytesIO(await copied(real("examples_ybr_color.dcm")))).pixel_array
    rows = round(band[3] * 240)
    assert pixels[:, :rows].max() == 0
    assert np.array_equal(pixels[:, rows:], unmasked[:, rows:])


@pytest.mark.parametrize("name", ["zip of programs", "zips in zips"])
async def test_what_holds_no_picture_makes_no_copy(name):
    make, _ = BOMBS[name]
    with pytest.raises(Unreadable) as refused:
        await copied(make())
    assert refused.value.reason == "no_picture"
