# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of one language made of names of another."""
from __future__ import annotations

import re

CPP_KEYWORDS = frozenset('''
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
char32_t class compl concept const consteval constexpr constinit const_cast continue co_await
co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
'''.split())


def camel(snake: str) -> str:
    """compute_params -> ComputeParams"""
    return ''.join(word[:1].upper() + word[1:] for word in re.split(r'[_-]+', snake) if word)


def snake(camel_name: str) -> str:
    """RkIsp1 -> rk_isp1"""
    return re.sub(r'(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])', '_', camel_name).lower()


def is_identifier(name: str) -> bool:
    """Whether C++ takes the name as it is; names with an underscore at the end are generated code's."""
    return (re.fullmatch(r'[A-Za-z][A-Za-z0-9_]*', name) is not None and '__' not in name
            and not name.endswith('_') and name not in CPP_KEYWORDS)
