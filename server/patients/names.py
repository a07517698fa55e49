"""People who do not exist, for demonstrations: plausible names, numbers that pass every check. Deterministic.

Phones are of the 199 series with 0000 in the middle, papers have sequence numbers above 900: nobody's, so far as one
can tell, and told apart at a glance by those who know.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum.cn import ric

from server.patients.papers import Sex

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
RARE_SURNAMES = ("欧阳", "单", "仇", "解", "上官", "司马", "查", "区", "尉迟", "朴", "诸葛", "乐")
_MEN = """
伟 强 建国 志明 国华 文斌 海涛 德胜 永福 家兴 俊杰 浩然 子轩 宇航 建军 水生 根旺 金龙 学文 立新 春林 庆丰
"""
_WOMEN = """
芳 秀英 桂兰 丽华 春梅 玉珍 小红 雪梅 美玲 淑贞 月娥 海燕 婷婷 雨欣 梓涵 佳怡 银花 凤英 翠莲 素琴
"""
GIVEN = {Sex.MALE: tuple(_MEN.split()), Sex.FEMALE: tuple(_WOMEN.split())}
AREAS = {
    "350524": "福建省安溪县",
    "350526": "福建省德化县",
    "350583": "福建省南安市",
    "350505": "福建省泉州市泉港区",
    "350502": "福建省泉州市鲤城区",
    "510722": "四川省三台县",
    "430626": "湖南省平江县",
    "522628": "贵州省锦屏县",
}
"""Real area codes, the places as they are called on the card."""
MINORITY_NAMES = {
    Sex.MALE: ("买买提·吐尔逊", "扎西·多吉", "巴特尔·苏和"),
    Sex.FEMALE: ("阿依古丽·买买提", "卓玛·央金", "其其格·乌云"),
}


@dataclass(frozen=True, kw_only=True)
class InventedPerson:
    name: str
    sex: Sex
    birth_date: date
    id_no: str
    phone: str
    address: str


def invent_person(
    luck: random.Random, *, today: date, youngest: int = 0, oldest: int = 92, sex: Sex | None = None
) -> InventedPerson:
    """Somebody whose age in whole years lies from `youngest` to `oldest` on `today`."""
    sex = sex or luck.choice((Sex.MALE, Sex.FEMALE))
    born = invent_birth_date(luck, today=today, youngest=youngest, oldest=oldest)
    area = luck.choice(sorted(AREAS))
    place = f"{AREAS[area]}{luck.choice('东西南北')}{luck.choice('山溪林湖坪')}镇{luck.choice('一二三四五六')}组"
    return InventedPerson(
        name=invent_name(luck, sex),
        sex=sex,
        birth_date=born,
        id_no=invent_id_no(luck, born=born, sex=sex, area=area),
        phone=invent_phone(luck),
        address=f"{place} {luck.randint(1, 199)} 号",
    )


def invent_name(luck: random.Random, sex: Sex) -> str:
    """Mostly as in any ward; now and then a compound surname, or a name with a middle dot."""
    chance = luck.random()
    if chance < 0.03:
        return luck.choice(MINORITY_NAMES[sex])
    surname = luck.choice(RARE_SURNAMES) if chance < 0.09 else luck.choice(SURNAMES)
    return surname + luck.choice(GIVEN[sex])


def invent_birth_date(luck: random.Random, *, today: date, youngest: int, oldest: int) -> date:
    latest = _years_before(today, youngest)
    earliest = _years_before(today, oldest + 1) + timedelta(days=1)
    return earliest + timedelta(days=luck.randint(0, (latest - earliest).days))


def invent_id_no(luck: random.Random, *, born: date, sex: Sex, area: str = "350524") -> str:
    sequence = luck.randrange(901 if sex is Sex.MALE else 900, 1000, 2)
    body = f"{area}{born:%Y%m%d}{sequence}"
    return body + ric.calc_check_digit(f"{body}0")


def invent_phone(luck: random.Random) -> str:
    return f"1990000{luck.randint(0, 9999):04d}"


def _years_before(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        day = date(day.year, 2, 28)
    return day.replace(year=day.year - years)
