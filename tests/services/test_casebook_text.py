"""What must not be left in a teaching case's text, in every form people write it, and what must stay."""

import re
from datetime import date

import pytest

from server.casebook.deidentify import cut, still_known
from server.casebook.known import known_of
from server.casebook.pieces import What, joined
from server.patients.identity import Guardian, Identity
from server.patients.papers import IdKind

IDENTITY = Identity(
    name="秦文远",
    id_kind=IdKind.RESIDENT,
    id_no="11010519491231002X",
    phone="13812345678",
    address="青山县柳河镇双桥村12号",
    record_no="ZY20260017",
    mother_name="罗秀兰",
    guardian=Guardian(name="秦小川", relation="子", phone="13900001111"),
)
KNOWN = known_of(
    IDENTITY, born=date(1949, 12, 31), staff=["王芳", "赵敏"], institutions=["柳河镇卫生院", "青山县人民医院"]
)

PLANTED = [
    "秦文远",
    "秦 文 远",
    "秦　文　远",
    "秦·文远",
    "秦某某",
    "秦**",
    "秦先生",
    "文远",
    "Qin Wenyuan",
    "wenyuan qin",
    "QIN WEN YUAN",
    "ＱＩＮ　ＷＥＮＹＵＡＮ",
    "QWY",
    "Q.W.Y.",
    "罗秀兰",
    "秦小川",
    "11010519491231002X",
    "110105 19491231 002x",
    "１１０１０５１９４９１２３１００２Ｘ",
    "1101**********002X",
    "13812345678",
    "138 1234 5678",
    "138-1234-5678",
    "+86 13812345678",
    "138****5678",
    "一三八一二三四五六七八",
    "0510-88886666",
    "尾号5678",
    "13900001111",
    "青山县柳河镇双桥村12号",
    "双桥村",
    "柳河镇",
    "3号楼2单元",
    "ZY20260017",
    "住院号：778812",
    "HZ310901101202611230001",
    "柳河镇卫生院",
    "青山县人民医院",
    "临江市第二医院",
    "王芳医生",
    "赵 敏",
    "qwy1949@example.com",
    "微信：qin_wy1949",
    "1949年12月31日",
    "1949-12-31",
    "苏B12345",
    "E12345678",
]


@pytest.mark.parametrize("planted", PLANTED)
def test_nothing_of_who_it_was_is_left(planted):
    text = f"患者，{planted}，活动后胸痛 3 天。"
    read = joined(cut(text, KNOWN, shift=-100, year=2026))
    assert planted not in read
    assert (read.startswith("患者，"), read.endswith("，活动后胸痛 3 天。")) == (True, True)
    assert not set(re.findall(r"\d{4,}|[一-鿿]{2,}|[A-Za-z]{3,}", planted)) & set(
        re.findall(r"\d{4,}|[一-鿿]{2,}|[A-Za-z]{3,}", read.replace("患者", ""))
    )
    assert still_known(read, KNOWN) == []


def test_the_pieces_together_are_the_text():
    text = "，".join(PLANTED)
    assert "".join(piece.text for piece in cut(text, KNOWN, shift=-100, year=2026)) == text


@pytest.mark.parametrize(
    "clinical",
    [
        "心电图 V4–V6 ST 段压低 0.1 mV。",
        "血压 152/94 mmHg，脉搏 88 次/分，体温 36.5 ℃。",
        "肌钙蛋白 T 0.032 ng/mL，NT-proBNP 1200 pg/mL，CK-MB 25 U/L。",
        "口服阿司匹林 300 mg、氯吡格雷 300 mg，静滴 0.9% 氯化钠 250 mL。",
        "I20.0 不稳定型心绞痛；每次 5–10 分钟，休息可缓解。",
        "67岁，既往高血压 10 年，2019 年行阑尾切除术。",
        "请心内科主任医师会诊，建议转上级医院。",
        "血小板计数 180000 /μL",
    ],
)
def test_what_a_case_teaches_stays(clinical):
    assert joined(cut(clinical, KNOWN, shift=-100, year=2026)) == clinical


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("2026-11-23", "2026-11-13"),
        ("2026/11/3", "2026/10/24"),
        ("2026年11月23日", "2026年11月13日"),
        ("11月3日", "10月24日"),
        ("20261123", "20261113"),
        ("２０２６年１１月２３日", "2026年11月13日"),
    ],
)
def test_dates_move_together_and_keep_their_form(written, moved):
    (piece,) = cut(written, KNOWN, shift=-10, year=2026)
    assert (piece.what, piece.read) == (What.DATE, moved)


def test_the_very_old_are_not_told_by_their_age():
    assert joined(cut("患者94岁", KNOWN, shift=0, year=2026)) == "患者90岁以上"
