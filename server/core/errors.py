"""Refusals: coded, with a sentence a reader can act on. Each transport maps them in one place."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """Something asked for that will not be done. Subclass it beside the function that raises it.

    `code` is stable and for machines, `says` is a Chinese sentence (a gettext msgid) filled with `facts`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    says: ClassVar[str] = "现在不能这样做"

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts: Mapping[str, Any] = facts


class NotFound(Refusal):
    """Not there, or not yours: both answer alike, so that nobody learns which."""

    code = "not_found"
    status = 404
    says = "没有找到，或者您无权查看"


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    says = "您的岗位不能做这件事"


class SignedOut(Refusal):
    code = "signed_out"
    status = 401
    says = "请先登录"


class ReauthenticationNeeded(Refusal):
    code = "reauthentication_needed"
    status = 401
    says = "请再次验证身份后继续"


class Invalid(Refusal):
    """What was typed does not do; `errors` maps a field to a sentence, nothing typed is lost."""

    code = "invalid"
    status = 422
    says = "请检查标出的内容"

    def __init__(self, errors: Mapping[str, str], **facts: Any) -> None:
        super().__init__(errors=dict(errors), **facts)
        self.errors = dict(errors)


class TooMany(Refusal):
    code = "too_many_requests"
    status = 429
    says = "操作太频繁，请 %(seconds)s 秒后再试"


class Stale(Refusal):
    code = "stale"
    status = 409
    says = "内容已被他人更新，请核对后再保存；您输入的内容仍在"


class CrossSite(Refusal):
    code = "cross_site"
    status = 403
    says = "页面已过期，请刷新后重试；您输入的内容仍在"
