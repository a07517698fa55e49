"""Papers as teachers type them, into questions and back.

A blank line parts the questions; the first line is the question, each further line an option, a right one marked `*`:

    规则的宽 QRS 心动过速，首先考虑
    * 室性心动过速
    窦性心动过速
"""

import re
from typing import Any

from server.core.errors import Refusal

LEAD = re.compile(r"^(?:\d+\s*[.．、)）]|[A-H]\s*[.．、)）])\s*")  # not words
MOST_OPTIONS = 8


class Unreadable(Refusal):
    code = "teaching.paper_unreadable"
    status = 422
    says = "第 %(number)s 题：至少两个选项，并用 * 标出正确的"


def read(text: str) -> list[dict[str, Any]]:
    """Raises Unreadable."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r", "").strip()) if block.strip()]
    return [_question(block, number) for number, block in enumerate(blocks, 1)]


def _question(block: str, number: int) -> dict[str, Any]:
    first, *rest = [line.strip() for line in block.splitlines() if line.strip()]
    right = [place for place, line in enumerate(rest) if line.startswith("*")]
    options = [LEAD.sub("", line.lstrip("* ")).strip()[:200] for line in rest]
    if not 2 <= len(options) <= MOST_OPTIONS or not right or not all(options):
        raise Unreadable(number=number)
    return {"text": LEAD.sub("", first)[:300], "options": options, "right": right}


def written(questions: list[dict[str, Any]]) -> str:
    return "\n\n".join(_block(one) for one in questions)


def _block(question: dict[str, Any]) -> str:
    lines = [
        f"* {option}" if place in question["right"] else option for place, option in enumerate(question["options"])
    ]
    return "\n".join([question["text"], *lines])
