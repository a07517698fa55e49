"""A demo consortium: plausible Chinese names and places, all invented. Loaded once into an empty store."""

from server.demo import cast, places

PASSWORD = "lianzhen-demo-2026"  # noqa: S105 - printed at every start of the demo; `serve` never loads it

SHOWN = (
    "wangfang",
    "chenyu",
    "zhaomin",
    "sunli",
    "gaoyuan",
    "hejing",
    "lihua",
    "guowei",
    "yujie",
    "caiming",
    "jiaxin",
    "fanghua",
)
"""Whose sign-ins are printed and offered on the sign-in page."""


def sign_ins() -> list[dict[str, str]]:
    """What the sign-in page offers."""
    return [_offered(one) for one in cast.PEOPLE if one.login in SHOWN]


def _offered(one: cast.Member) -> dict[str, str]:
    place = next((name for code, name, *_ in places.TOWNS + places.VILLAGES if code == one.where), "")
    return {
        "login": one.login,
        "password": PASSWORD,
        "name": one.name,
        "role": one.what,
        "place": place or {places.CITY: "临湖市第一人民医院", places.COUNTY: "清源县人民医院"}.get(one.where, ""),
        "who": f"{one.name} · {one.what}",
    }
