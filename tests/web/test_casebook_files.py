"""A case's files on their way to trainees: copied without who it was, masked by hand, confirmed picture by picture."""

import asyncio
import io

import pytest
from PIL import Image

from server.casebook import queries
from server.casebook.copy_states import CopyState
from server.files.desk import DESK
from tests.web.casebook_site import (
    a_closed_case,
    attach,
    confirmed,
    copies_on,
    files_of,
    groups_on,
    open_casebook,
    proposed,
    released,
    sends,
)

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_casebook(tmp_path / "site", database_url, clock) as site:
        yield site


def photo(size=(800, 600)):
    """Grey, with a white name plate from a tenth to the half of its width, near the upper edge."""
    picture = Image.new("RGB", size, (120, 130, 140))
    picture.paste((255, 255, 255), (80, 60, 400, 120))
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Qin Wenyuan 11010519491231002X"
    picture.save(out, "JPEG", quality=95, exif=exif, comment=b"qinwenyuan")
    return out.getvalue()


async def test_whoever_proposes_is_told_that_the_files_are_copied_without_who_it_was(site):
    case = await a_closed_case(site)
    page = await (await site.signed_in("expert")).get(f"/consultations/{case}/teaching-case")
    assert "附件和影像由系统做成去标识的副本。另一人逐段、逐幅核对后才发布" in page


PLATE = [0.09, 0.09, 0.42, 0.12]


async def derived(visitor, id, name):
    async with visitor.session.get(f"/files/{id}/derived/{name}") as answer:
        return answer.status, await answer.read()


async def a_case_with(site, *contents):
    case = await a_closed_case(site)
    for content in contents:
        await attach(site, case, content)
    address = await proposed(site, await site.signed_in("expert"), case)
    return address, await site.signed_in("teacher")


async def test_a_photo_is_masked_by_hand_confirmed_and_seen_by_trainees(site):
    address, teacher = await a_case_with(site, photo())
    ((copy, _),) = await copies_on(teacher, address, wanted=["open"])
    page = await teacher.get(copy)
    assert groups_on(page) == ["1"]
    assert "照片 1" in page
    assert "秦文远" not in page

    unconfirmed = await released(site, teacher, address)
    assert (unconfirmed.status, "还有附件没有逐幅确认" in unconfirmed) == (422, True)
    unseen = await sends(teacher, copy, masks='{"1": []}', seen=[])
    assert (unseen.status, "请看过这幅图并勾选" in unseen) == (422, True)

    assert (await confirmed(teacher, copy, {"1": [PLATE]})).status == 200
    await copies_on(teacher, address, wanted=["ready"])
    assert (await released(site, teacher, address)).status == 200

    learner = await site.signed_in("learner1")
    (file,) = await files_of(learner, address)
    status, content = await derived(learner, file, "preview")
    assert status == 200
    picture = Image.open(io.BytesIO(content))
    assert picture.size == (800, 600)
    assert max(max(picture.getpixel(at)) for at in ((90, 70), (240, 90), (390, 110))) < 12
    assert min(picture.getpixel((600, 400))) > 100
    assert b"Wenyuan" not in content
    assert (await learner.get(f"/files/{file}/content")).status == 404


OF_A_FILE = (
    "/files/{id}",
    "/files/{id}/view",
    "/files/{id}/tile",
    "/files/{id}/derived/preview",
)


async def what_answers(visitor, id):
    return [one for one in OF_A_FILE if (await visitor.get(one.format(id=id))).status != 404]


async def only_copy(site, address):
    async with site.database.unit(writes=False) as unit:
        (copy,) = await queries.copies_of(unit, address.rsplit("/", 1)[1])
    return copy


async def gone_from(site, *blobs):
    """Waits until the darkroom has deleted them."""
    vault = site.app[DESK].vault
    for _ in range(100):
        if not any([await vault.size(blob) for blob in blobs]):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("still there")


async def test_files_are_there_for_trainees_from_release_to_withdrawal_and_then_for_nobody(site):
    address, teacher = await a_case_with(site, photo())
    ((copy, _),) = await copies_on(teacher, address, wanted=["open"])
    await confirmed(teacher, copy)
    await copies_on(teacher, address, wanted=["ready"])
    made = await only_copy(site, address)
    learner, expert = await site.signed_in("learner1"), await site.signed_in("expert")

    assert await what_answers(learner, made.file_id) == []
    assert (await learner.get(f"/files/of/teaching_case/{made.case_id}")).status == 404
    assert (await learner.get(f"{copy}/sheets/0")).status == 404
    assert (await teacher.get(f"{copy}/sheets/0")).status == 200

    assert (await released(site, teacher, address)).status == 200
    await gone_from(site, made.sheets_id)
    assert len(await what_answers(learner, made.file_id)) == len(OF_A_FILE)
    assert (await learner.get(f"/files/{made.file_id}/content")).status == 404
    assert (await learner.get(f"/files/{made.original_id}")).status == 404
    assert await what_answers(await site.signed_in("outsider"), made.file_id) == []

    assert (await sends(expert, f"{address}/withdraw")).status == 200
    assert await what_answers(learner, made.file_id) == await what_answers(expert, made.file_id) == []
    await gone_from(site, made.file_id)
    assert await files_of(teacher, address) == []


async def test_a_file_that_was_left_out_is_not_shown_and_can_be_taken_up_again(site):
    address, teacher = await a_case_with(site, photo())
    ((copy, _),) = await copies_on(teacher, address, wanted=["open"])
    assert (await sends(teacher, f"{copy}/leave-out")).status == 200
    assert (await sends(teacher, f"{copy}/take-up")).status == 200
    await copies_on(teacher, address, wanted=["open"])
    assert (await sends(teacher, f"{copy}/leave-out")).status == 200
    assert (await released(site, teacher, address)).status == 200
    assert await files_of(await site.signed_in("learner1"), address) == []
    assert (await sends(teacher, f"{copy}/take-up")).status == 409


async def test_boxes_beyond_the_picture_or_that_are_none_are_refused_and_nothing_moves(site):
    address, teacher = await a_case_with(site, photo())
    ((copy, _),) = await copies_on(teacher, address, wanted=["open"])
    for masks in ('{"1": [[0.1, 0.1, 7, 0.1]]}', '{"1": [["x"]]}', "nonsense"):
        assert (await sends(teacher, copy, masks=masks, seen=["1"])).status == 422
    assert (await only_copy(site, address)).state is CopyState.OPEN
