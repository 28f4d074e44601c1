# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors with a place in the header."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Location:
    """A line of a header, 1 being the first; 0 where only the file is known."""

    file: str
    line: int

    def __str__(self) -> str:
        return f'{self.file}:{self.line}' if self.line else self.file


@dataclass(frozen=True, order=True)
class Problem:
    """One broken rule."""

    where: Location
    text: str

    def __str__(self) -> str:
        return f'{self.where}: error: {self.text}'


class BindgenError(Exception):
    """What stops the generator: one or more problems, printed one a line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__('\n'.join(str(p) for p in problems))
        self.problems = problems
