# SPDX-License-Identifier: LGPL-2.1-or-later
"""The types the codec knows: what each is in the header, in C++ and on the wire."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A resolved type. `kind` 'unknown' carries the reason in `problem`."""

    kind: str
    cpp: str = ''
    signature: str = ''
    has_fds: bool = False
    problem: str = ''
    is_key: bool = False
    inner: tuple[Type, ...] = ()
    size: int = 0
    record: str = ''

    @property
    def by_value(self) -> bool:
        """Whether C++ passes it by value."""
        return self.kind in ('number', 'bool', 'enum', 'flags')

    @property
    def parameter(self) -> str:
        """The C++ type of a parameter."""
        return self.cpp if self.by_value else f'const {self.cpp}&'

    @property
    def initialiser(self) -> str:
        """What follows the name of a member."""
        return '{}' if self.by_value or self.kind == 'array' else ''


def unknown(problem: str) -> Type:
    """A type that no message can carry."""
    return Type('unknown', problem=problem)


def _number(cpp: str, signature: str) -> Type:
    return Type('number', cpp, signature, is_key='float' not in cpp and cpp != 'double')


BASIC: dict[str, Type] = {
    'gboolean': Type('bool', 'bool', 'b'),
    'gint8': _number('int8_t', 'n'),
    'guint8': _number('uint8_t', 'y'),
    'gint16': _number('int16_t', 'n'),
    'guint16': _number('uint16_t', 'q'),
    'gint32': _number('int32_t', 'i'),
    'gint': _number('int32_t', 'i'),
    'guint32': _number('uint32_t', 'u'),
    'guint': _number('uint32_t', 'u'),
    'gint64': _number('int64_t', 'x'),
    'guint64': _number('uint64_t', 't'),
    'gfloat': _number('float', 'd'),
    'gdouble': _number('double', 'd'),
    'utf8': Type('string', 'std::string', 's', is_key=True),
    'GLib.Bytes': Type('bytes', 'std::vector<uint8_t>', 'ay'),
}

SPECIAL: dict[str, Type] = {
    'GstCameraIpa.Fd': Type('fd', 'UniqueFd', 'h', has_fds=True),
    'GstCameraIpa.ControlList': Type('controls', 'ControlList', 'a{sv}'),
    'GstCameraIpa.ControlRanges': Type('ranges', 'ControlRanges', 'a{s(vvv)}'),
}

ADVICE: dict[str, str] = {
    'glong': "'glong' has no fixed size; use gint32 or gint64",
    'gulong': "'gulong' has no fixed size; use guint32 or guint64",
    'gsize': "'gsize' has no fixed size; use guint64",
    'gssize': "'gssize' has no fixed size; use gint64",
    'gintptr': "'gintptr' has no fixed size; use gint64",
    'guintptr': "'guintptr' has no fixed size; use guint64",
    'time_t': "'time_t' has no fixed size; use gint64",
    'gchar': "'gchar' is not a type messages carry; use gint8 or guint8",
    'gunichar': "'gunichar' is not a type messages carry; use guint32 or a string",
    'gpointer': 'a pointer means nothing to another process; use a record, GBytes or an fd',
    'gconstpointer': 'a pointer means nothing to another process; use a record, GBytes or an fd',
    'filename': 'file names mean nothing in the sandbox; pass a GstCameraIpaFd',
    'callback': 'a function pointer means nothing to another process; use an event',
    'varargs': 'a method with a variable number of arguments cannot be a message',
    'GLib.List': "'GList' is not a type messages carry; use GArray with (element-type)",
    'GLib.SList': "'GSList' is not a type messages carry; use GArray with (element-type)",
    'GLib.PtrArray': "'GPtrArray' is not a type messages carry; use GArray with (element-type)",
    'GLib.ByteArray': "'GByteArray' is not a type messages carry; use GBytes",
    'GLib.Variant': "'GVariant' has no type known in advance; use a record",
}


def list_of(element: Type) -> Type:
    """GArray."""
    return Type('list', f'std::vector<{element.cpp}>', 'a' + element.signature, element.has_fds,
                inner=(element,))


def array_of(element: Type, size: int) -> Type:
    """A C array of fixed size."""
    return Type('array', f'std::array<{element.cpp}, {size}>', 'a' + element.signature,
                element.has_fds, inner=(element,), size=size)


def map_of(key: Type, value: Type) -> Type:
    """GHashTable."""
    return Type('map', f'std::map<{key.cpp}, {value.cpp}>',
                'a{' + key.signature + value.signature + '}', value.has_fds, inner=(key, value))
