"""The report as a file: PDF/A with its own type, every word readable back, nothing of it lost or cut off."""

import io
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from server.core import places
from server.core.i18n import Translations
from server.documents.glyphs import SECOND_FACE, font_file, printable
from server.documents.papers import CaseHistory, ConsentRecord, EmergencyWords, Handwriting, Passage, Step
from server.documents.report import Medication, content_digest, from_json, to_json
from server.documents.typeset import beijing, consent_sheet, history_sheet, printed, report_sheet, words_of
from tests.services.documents_scene import report

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
REPORT = report(NOW, number="HZ510700001202611230001", signed_at=NOW)
ENGLISH = Translations(places.locales())


def chinese(word):
    return word


def english(word):
    return ENGLISH.say("en", word)


def pdf(given=REPORT, **options):
    options = {"say": chinese, "verify_page": "https://lianzhen.example.cn/verify", "code": "7K3M9QX2HTAB"} | options
    return PdfReader(io.BytesIO(printed(report_sheet(given, **options))))


def text_of(reader):
    """All words, without the breaks of lines."""
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in reader.pages))


def bare(text):
    return re.sub(r"\s+", "", text)


def fonts_of(reader):
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            yield from font.get_object().get("/DescendantFonts", [font])


def test_it_says_that_it_is_pdf_a_2a_and_carries_its_colours():
    reader = pdf()
    packet = reader.xmp_metadata.stream.get_data().decode()
    assert re.search(r"pdfaid:part>2<", packet)
    assert re.search(r"pdfaid:conformance>A<", packet)
    (intent,) = reader.root_object["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert "/DestOutputProfile" in intent.get_object()
    assert reader.root_object["/MarkInfo"]["/Marked"]


def test_it_is_dated_by_any_clock():
    at = NOW.replace(microsecond=123_456)
    assert pdf(replace(REPORT, signed_at=at)).metadata.creation_date == NOW


def test_all_type_is_in_the_file_as_a_subset_of_our_own():
    fonts = list(fonts_of(pdf()))
    names = {font.get_object()["/BaseFont"] for font in fonts}
    assert {re.fullmatch(r"/[A-Z]{6}\+(.+?)(-Identity-H)?", name)[1] for name in names} == {
        "NotoSansCJKsc-Regular",
        "LibertinusSerif-Regular",
    }
    for font in fonts:
        described = font.get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)


def test_every_word_of_the_report_can_be_read_back():
    text = text_of(pdf())
    side = (REPORT.applying, REPORT.invited)
    said = [
        *(each for one in side for each in (one.institution, one.department, one.doctor, one.title)),
        *(REPORT.patient.name, REPORT.patient.sex, "58岁", REPORT.patient.record_no, REPORT.number, REPORT.kind),
        *(REPORT.question, REPORT.summary, REPORT.findings, REPORT.warnings, REPORT.referral_advice),
        *REPORT.plan.split("\n"),
        *(
            "十二导联心电图",
            "心电图",
            "急性下壁ST段抬高型心肌梗死",
            "I21.1",
            "阿司匹林肠溶片",
            "300mg",
            "嚼服",
            "十八导联心电图",
        ),
        *("2026-11-23 09:00", "7K3M-9QX2-HTAB", "本意见仅依据邀请方提供的资料作出", "国卫医发〔2018〕25号", "以下空白"),
    ]
    assert [each for each in said if bare(each) not in text] == []


def test_a_draft_has_no_number_no_seal_and_says_so_on_every_page():
    reader = pdf(replace(REPORT, number="", signed_at=None, plan=REPORT.plan * 40), draft=True)
    assert len(reader.pages) > 1
    assert all("未签名" in page.extract_text() and "DRAFT" in page.extract_text() for page in reader.pages)
    assert "电子签名" not in text_of(reader).replace("带电子签名的PDF", "").replace("电子签名法", "")


def test_a_long_report_flows_over_pages_that_each_name_number_patient_and_place():
    rows = tuple(Medication(name=f"药品{place}", dose="1 片") for place in range(40))
    reader = pdf(replace(REPORT, summary=REPORT.summary * 60, medications=rows))
    pages = [bare(page.extract_text()) for page in reader.pages]
    assert len(pages) >= 3
    for place, page in enumerate(pages, 1):
        assert f"第{place}页，共{len(pages)}页" in page
        assert REPORT.number in page
        assert "王德福" in page
    assert "".join(pages).count("药名") >= 2
    assert all(f"药品{place}" in "".join(pages) for place in range(40))


def test_the_english_report_has_no_chinese_word_of_ours():
    asked = replace(
        REPORT,
        locale="en",
        **dict.fromkeys(("kind", "question", "summary", "findings", "plan", "warnings", "referral_advice"), "x"),
        applying=replace(REPORT.applying, institution="Liuhe", department="GP", doctor="Zhou", title="Dr"),
        invited=replace(REPORT.invited, institution="Qingshan", department="Cardiology", doctor="Li", title="Prof"),
        patient=replace(REPORT.patient, name="Wang", sex="M", age="58"),
        materials=(),
        diagnoses=(),
        medications=(),
        tests=(),
    )
    text = "".join(page.extract_text() for page in pdf(asked, say=english).pages)
    assert re.findall("[一-鿿]+", text) == []
    assert "Remote consultation report" in text
    assert "based only on" in text


@pytest.mark.parametrize("template", ["report", "consent", "history"])
def test_every_word_of_a_template_has_its_english(template):
    words = words_of(template)
    assert len(words) > 10
    assert [word for word in words if english(word) == word] == []


def test_a_character_without_type_is_shown_by_its_code_and_stops_nothing():
    reader = pdf(replace(REPORT, patient=replace(REPORT.patient, name="王𪚥😀"), question="看\x00\u202e看\ufe0f"))
    assert "U+1F600" in text_of(reader)
    assert "看看" in text_of(reader)


def test_the_second_face_has_every_character_we_say_it_has():
    letters = "".join(chr(code) for first, last in SECOND_FACE for code in range(first, last + 1))
    assert printable(letters).replace("\u200b", "") == letters
    printed(report_sheet(replace(REPORT, question=letters), say=chinese))


def test_what_looks_like_markup_is_printed_as_it_was_typed():
    typed = '#read("/etc/passwd") $x^2$ *粗* `code` </div> \\u{41} @ref <label>'
    assert bare(typed) in text_of(pdf(replace(REPORT, question=typed)))


def test_the_same_report_gives_the_same_bytes():
    assert printed(report_sheet(REPORT, say=chinese)) == printed(report_sheet(REPORT, say=chinese))


def test_a_report_survives_json():
    assert from_json(to_json(REPORT)) == REPORT
    assert content_digest(from_json(to_json(REPORT))) == content_digest(REPORT)
    assert content_digest(replace(REPORT, plan="x")) != content_digest(REPORT)


def test_times_are_beijings():
    assert (beijing(NOW), beijing(None)) == ("2026-11-23 09:00", "")


def test_the_type_is_a_package_not_the_systems():
    assert "noto_cjk_sans_otc" in str(font_file())


def test_a_report_costs_less_than_half_a_second_of_one_core():
    printed(report_sheet(REPORT, say=chinese))
    began = time.process_time()
    printed(report_sheet(replace(REPORT, summary="另一份"), say=chinese))
    assert time.process_time() - began < 0.5


RECORD = ConsentRecord(
    institution="柳河镇中心卫生院",
    title="远程会诊知情同意书",
    edition=2,
    patient=REPORT.patient,
    paragraphs=("您的病情需要请外院专家会诊。", "费用：260 元。"),
    answers=(("远程会诊", True), ("教学使用", False)),
    recorded_by="周建国",
    recorded_at=NOW,
    fee="260 元",
    signer="王小梅",
    relation="女儿",
    handwriting=Handwriting(width=600, height=200, paths=("M10 10 200 150", "M40 40 h0.01", '"/><script>')),
)


def read(made):
    reader = PdfReader(io.BytesIO(made))
    assert "/GTS_PDFA1" in str(reader.root_object["/OutputIntents"][0].get_object())
    return text_of(reader)


def test_a_consent_on_paper_has_the_words_the_answers_and_the_signature():
    text = read(printed(consent_sheet(RECORD, say=chinese)))
    for part in (
        *RECORD.paragraphs,
        "文本第2版",
        "远程会诊✓同意",
        "教学使用—不同意",
        "王小梅",
        "女儿",
        "2026-11-23 09:00",
    ):
        assert bare(part) in text
    assert "紧急例外" not in text
    assert "撤回" not in text


def test_an_emergency_exception_and_a_withdrawal_are_said():
    begun = replace(
        RECORD,
        signer="",
        handwriting=None,
        emergency=EmergencyWords(approver="刘院长", reason="昏迷，家属未到"),
        withdrawn_at=NOW,
    )
    text = read(printed(consent_sheet(begun, say=chinese)))
    for part in ("刘院长", "昏迷，家属未到", "尚未补签", "已于此时撤回2026-11-2309:00"):
        assert part in text


def test_a_consent_signed_on_paper_says_where_it_is():
    assert "纸质签署" in read(printed(consent_sheet(replace(RECORD, handwriting=None, on_paper=True), say=chinese)))


def test_a_history_tells_the_case_from_beginning_to_end():
    history = CaseHistory(
        institution="柳河镇中心卫生院",
        title="会诊病历",
        number="HZ510722101202611230001",
        patient=REPORT.patient,
        facts=(("会诊类型", "单学科"),),
        passages=(Passage(heading="申请", text=REPORT.question), Passage(heading="邀请方决定", text="全部采纳。")),
        steps=tuple(Step(at=NOW, who="周建国", what=f"第 {place} 步", note="说明") for place in range(60)),
        printed_by="周建国",
        printed_at=NOW,
    )
    text = read(printed(history_sheet(history, say=chinese)))
    for part in (history.number, "单学科", "申请", bare(REPORT.question), "全部采纳", "第59步·说明", "第2页"):
        assert part in text


def test_the_server_starts_without_loading_what_prints_and_signs():
    heavy = "{'typst', 'pyhanko', 'segno', 'asn1crypto'} & set(sys.modules)"
    program = f"import sys, server.documents.routes, server.documents.service; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
