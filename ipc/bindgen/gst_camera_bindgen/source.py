# SPDX-License-Identifier: LGPL-2.1-or-later
"""Finds declarations in the text of a header.

The GIR knows the last line of a method or record, and no line at all of a parameter or field. An
error should point at the very declaration, so it is looked up in the text, comments blanked out.
"""
from __future__ import annotations

import re

from .errors import Location


def blank_comments(text: str) -> str:
    """The same text with spaces for comments and the contents of strings; lines stay."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r'[^\n]', ' ', match.group(0))

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.DOTALL)


class Source:
    """One header: its path as errors print it, and its lines."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.raw = text.split('\n')
        self.code = blank_comments(text).split('\n')

    def at(self, line: int) -> Location:
        """The place of a line."""
        return Location(self.path, line)

    def _last(self, pattern: str, end: int) -> int:
        for number in range(min(end, len(self.code)), 0, -1):
            if re.search(pattern, self.code[number - 1]):
                return number
        return 0

    def method(self, name: str, end: int) -> int:
        """Line of `(*name)` of a method whose declaration ends on line `end`."""
        return self._last(rf'\(\s*\*\s*{re.escape(name)}\s*\)', end) or end

    def parameter(self, name: str, begin: int) -> int:
        """Line of a parameter of the method whose declaration begins on line `begin`."""
        for number in range(max(begin, 1), len(self.code) + 1):
            if re.search(rf'\b{re.escape(name)}\b\s*[,)]', self.code[number - 1]):
                return number
            if ';' in self.code[number - 1]:
                break
        return begin

    def field(self, name: str, end: int) -> int:
        """Line of a field of the record whose declaration ends on line `end`."""
        return self._last(rf'\b{re.escape(name)}\b\s*[;,:\[)]', end) or end

    def enumerator(self, c_name: str, end: int) -> int:
        """Line of an enumerator."""
        return self._last(rf'\b{re.escape(c_name)}\b', end) or end

    def doc(self, pattern: str, end: int) -> int:
        """Last line up to `end`, comments included, that holds the pattern; 0 where none does."""
        for number in range(min(end, len(self.raw)), 0, -1):
            if re.search(pattern, self.raw[number - 1]):
                return number
        return 0

    def interfaces(self) -> list[tuple[str, str]]:
        """(TypeName, function_prefix) of each G_DECLARE_INTERFACE, in order."""
        return re.findall(r'^\s*G_DECLARE_INTERFACE\s*\(\s*(\w+)\s*,\s*(\w+)',
                          '\n'.join(self.code), flags=re.MULTILINE)
