"""What a word finds: as it is written, by the initials of short texts, with the sentence around it."""

from server.files.words import Page, even
from server.teaching.finding import Excerpt, excerpt, missing, words_of

PAGE = Page.of("急性心肌梗死的心电图。ST 段弓背向上抬高，对应导联压低；两小时内复查。")


def test_a_title_is_found_as_written_and_by_its_initials():
    title = "基层心电图判读 蔡明"
    assert missing(title, words_of("心电图 蔡明")) == []
    assert missing(title, words_of("ＸＤＴ cm")) == []
    assert missing(title, words_of("心电图 骨折 gz")) == ["骨折", "gz"]


def test_a_page_answers_with_the_sentence_around():
    assert excerpt(PAGE, ["弓背"]) == Excerpt(before="ST 段", found="弓背", after="向上抬高，对应导联压低；")
    assert excerpt(PAGE, ["st", "复查"]) == Excerpt(before="", found="ST", after=" 段弓背向上抬高，对应导联压低；")
    assert excerpt(PAGE, ["弓背", "骨折"]) is None


def test_only_the_heading_of_a_page_is_asked_by_initials():
    assert excerpt(PAGE, ["xjgs"]) == Excerpt(before="急性", found="心肌梗死", after="的心电图。")
    assert excerpt(PAGE, ["lxs"]) is None


def test_a_word_in_a_text_without_sentences_is_shown_with_what_is_near():
    shown = excerpt(Page.of("甲" * 300 + "房颤" + "乙" * 300), ["房颤"])
    assert (len(shown.before), shown.found, len(shown.after)) == (40, "房颤", 40)


def test_broken_lines_and_radicals_are_made_even():
    assert even("室性早\n搏  ⼼率 ８０\n次") == "室性早搏心率 80 次"
