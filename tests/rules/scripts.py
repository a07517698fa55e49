"""Reads the texts out of a JavaScript file: strings, and the fixed parts of template literals, however nested."""

import ast
import re

REGEX_MAY_FOLLOW = set("(,=:[!&|?{};+-*%~^<>\n") | {""}
WORD_BEFORE_REGEX = re.compile(r"\b(return|typeof|case|in|of)\s*$")
SKIPPED = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")


def texts(code):
    """(line, text, whether it is a string): a template literal is no string, its fixed parts come joined."""
    return list(_Reader(code).code(top=True))


class _Reader:
    def __init__(self, code):
        self.text, self.at = code, 0

    def code(self, top):
        """Reads code: to the end of the file, or to the brace that closes a place of a template."""
        depth, before = 0, ""
        while self.at < len(self.text):
            letter = self.text[self.at]
            if skipped := SKIPPED.match(self.text, self.at):
                self.at = skipped.end()
                continue
            if string := STRING.match(self.text, self.at):
                yield self._line(), ast.literal_eval(string[0]), True
                self.at, before = string.end(), '"'
                continue
            if letter == "`":
                yield from self.template()
                before = "`"
                continue
            if letter == "/" and self._regex_here(before):
                self.at, before = REGEX.match(self.text, self.at).end(), "/"
                continue
            depth += {"{": 1, "}": -1}.get(letter, 0)
            self.at += 1
            if depth < 0 and not top:
                return
            before = letter if letter == "\n" and not before else letter if not letter.isspace() else before

    def template(self):
        line, fixed = self._line(), ""
        self.at += 1
        while self.text[self.at] != "`":
            if self.text.startswith("${", self.at):
                self.at += 2
                yield from self.code(top=False)
            else:
                width = 2 if self.text[self.at] == "\\" else 1
                fixed += self.text[self.at : self.at + width]
                self.at += width
        self.at += 1
        yield line, fixed, False

    def _regex_here(self, before):
        may = before in REGEX_MAY_FOLLOW or WORD_BEFORE_REGEX.search(self.text[max(0, self.at - 12) : self.at])
        return bool(may and REGEX.match(self.text, self.at))

    def _line(self):
        return self.text.count("\n", 0, self.at) + 1
