"""The public page that tells whether a report is genuine: by its code, or by the file itself."""

from aiohttp import BodyPartReader, web

from server.accounts.routes import LIMITER
from server.core.errors import NotFound, Refusal
from server.core.http import PUBLIC, Routes, begin_unit, render, say, see_other, unit_of
from server.documents.model import code_as_typed
from server.documents.verification import LARGEST, Examiner, Verdict, look_up, verify_pdf

EXAMINER = web.AppKey("examiner", Examiner)

routes = Routes("documents")


class FileTooLarge(Refusal):
    code = "documents.file_too_large"
    status = 413
    says = "文件超过 20 MB，不是本平台签发的报告"


class NoFile(Refusal):
    code = "documents.no_file"
    status = 422
    says = "请选择要核验的 PDF 文件"


class WrongCode(Refusal):
    code = "documents.wrong_code"
    status = 404
    says = "没有这个验证码，请对照报告左下角再输入一次"


@routes.get("/verify", PUBLIC)
async def verify_page(request: web.Request) -> web.StreamResponse:
    typed = request.query.get("code", "").strip()
    if not typed:
        return _page(request)
    code = code_as_typed(typed)
    return see_other(f"/verify/{code}") if code else _refused(request, WrongCode(), typed)


@routes.get("/verify/{code}", PUBLIC)
async def verify_code(request: web.Request) -> web.StreamResponse:
    """Where the QR code of a printed report leads."""
    await request.app[LIMITER].count(f"verify code {request.remote}", limit=60, seconds=60)
    typed = request.match_info["code"]
    try:
        verdict = await look_up(unit_of(request), code=typed)
    except NotFound:
        return _refused(request, WrongCode(), typed[:20])
    return _page(request, verdict=verdict, by="code")


# The form token is not asked for: nothing is changed and nothing is shown that the sender may not see, and to look for
# the token the whole file would have to be read before its size is known.
@routes.post("/verify", PUBLIC, own_units=True, foreign=True)
async def verify_file(request: web.Request) -> web.StreamResponse:
    await request.app[LIMITER].count(f"verify file {request.remote}", limit=12, seconds=60)
    try:
        pdf = await _sent_file(request)
    except Refusal as refusal:
        return _refused(request, refusal)
    async with begin_unit(request, writes=False) as unit:
        verdict = await verify_pdf(unit, pdf=pdf, examiner=request.app[EXAMINER])
    return _page(request, verdict=verdict, by="file")


async def _sent_file(request: web.Request) -> bytes:
    """The field `file`, at most 20 MB, kept in memory only. Raises NoFile, FileTooLarge."""
    if request.content_type != "multipart/form-data":
        raise NoFile
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file":
                return await _all_of(part)
    except (ValueError, AssertionError):  # what aiohttp raises for a broken multipart body
        raise NoFile from None
    raise NoFile


async def _all_of(part: BodyPartReader) -> bytes:
    content = bytearray()
    while block := await part.read_chunk(256 * 1024):
        content += block
        if len(content) > LARGEST:
            raise FileTooLarge
    if not content:
        raise NoFile
    return bytes(content)


def _refused(request: web.Request, refusal: Refusal, typed: str = "") -> web.Response:
    return _page(request, status=refusal.status, trouble=say(request, refusal.says), typed=typed)


def _page(
    request: web.Request,
    *,
    status: int = 200,
    verdict: Verdict | None = None,
    by: str = "",
    trouble: str = "",
    typed: str = "",
) -> web.Response:
    return render(request, "documents/verify.html", status=status, verdict=verdict, by=by, trouble=trouble, typed=typed)
