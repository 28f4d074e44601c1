# SPDX-License-Identifier: LGPL-2.1-or-later
"""First stage: a GIR file, and the header it was made of, to plain declarations.

Nothing is judged here: what the codec does not know is kept as it is written.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from .errors import BindgenError, Location, Problem
from .source import Source

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'


@dataclass(frozen=True)
class RawType:
    """A type as the GIR names it; `elements` of arrays and containers."""

    name: str
    c_type: str
    fixed_size: int = 0
    is_array: bool = False
    elements: tuple[RawType, ...] = ()


@dataclass(frozen=True)
class RawValue:
    """A parameter or a field."""

    name: str
    type: RawType
    where: Location
    doc: str = ''
    direction: str = 'in'
    attributes: tuple[tuple[str, str], ...] = ()
    bits: int = 0


@dataclass(frozen=True)
class RawMethod:
    """A virtual method of an interface."""

    name: str
    where: Location
    doc_where: Location
    doc: str
    returns: RawType
    throws: bool
    parameters: tuple[RawValue, ...]
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RawInterface:
    """A GInterface."""

    name: str
    c_name: str
    where: Location
    doc: str
    methods: tuple[RawMethod, ...]


@dataclass(frozen=True)
class RawRecord:
    """A struct; `opaque` where only its name is known, `union` for a union."""

    name: str
    c_name: str
    where: Location
    doc: str
    fields: tuple[RawValue, ...]
    opaque: bool
    union: bool = False


@dataclass(frozen=True)
class RawEnumerator:
    """One value of an enum."""

    name: str
    value: int
    where: Location
    doc: str


@dataclass(frozen=True)
class RawEnum:
    """An enum, or a bitfield."""

    name: str
    c_name: str
    where: Location
    doc: str
    flags: bool
    values: tuple[RawEnumerator, ...]


@dataclass(frozen=True)
class Namespace:
    """Everything one header declares."""

    name: str
    version: str
    source: Source
    includes: tuple[str, ...]
    interfaces: tuple[RawInterface, ...] = ()
    records: tuple[RawRecord, ...] = ()
    enums: tuple[RawEnum, ...] = ()
    aliases: dict[str, RawType] = field(default_factory=dict)


Element = ElementTree.Element


def _doc(element: Element) -> str:
    node = element.find(CORE + 'doc')
    return (node.text or '').strip() if node is not None else ''


def _line(element: Element) -> int:
    node = element.find(CORE + 'source-position')
    return int(node.get('line', '0')) if node is not None else 0


def _attributes(element: Element) -> tuple[tuple[str, str], ...]:
    return tuple((a.get('name', ''), a.get('value', ''))
                 for a in element.findall(CORE + 'attribute'))


def _type(element: Element) -> RawType:
    """The type child of a parameter, field, return value, alias or of another type."""
    array = element.find(CORE + 'array')
    node = array if array is not None else element.find(CORE + 'type')
    if node is None:
        callback = element.find(CORE + 'callback')
        name = 'callback' if callback is not None else 'varargs'
        return RawType(name, name)
    inner = tuple(_type_node(n) for n in node if n.tag in (CORE + 'type', CORE + 'array'))
    return RawType(node.get('name', ''), node.get(C + 'type', ''),
                   int(node.get('fixed-size', '0')), array is not None, inner)


def _type_node(node: Element) -> RawType:
    holder = ElementTree.Element('holder')
    holder.append(node)
    return _type(holder)


def _method(source: Source, interface: str, element: Element) -> RawMethod:
    name = element.get('name', '')
    end = _line(element)
    begin = source.method(name, end)
    parameters = []
    holder = element.find(CORE + 'parameters')
    for p in holder.findall(CORE + 'parameter') if holder is not None else []:
        p_name = p.get('name', '')
        parameters.append(RawValue(p_name, _type(p), source.at(source.parameter(p_name, begin)),
                                   _doc(p), p.get('direction', 'in'), _attributes(p)))
    returns = element.find(CORE + 'return-value')
    doc_line = source.doc(rf'{interface}Interface::{name}:', begin)
    return RawMethod(name, source.at(begin), source.at(doc_line or begin), _doc(element),
                     _type(returns) if returns is not None else RawType('none', 'void'),
                     element.get('throws') == '1', tuple(parameters), _attributes(element))


def _interface(source: Source, element: Element, doc: str) -> RawInterface:
    c_name = element.get(C + 'type', '')
    methods = [_method(source, c_name, m) for m in element.findall(CORE + 'virtual-method')]
    line = source.doc(rf'G_DECLARE_INTERFACE\s*\(\s*{c_name}\s*,', len(source.raw))
    return RawInterface(element.get('name', ''), c_name, source.at(line or _line(element)),
                        doc, tuple(sorted(methods, key=lambda m: m.where.line)))


def _record(source: Source, element: Element, union: bool) -> RawRecord:
    end = _line(element)
    fields = []
    for f in element.findall(CORE + 'field'):
        name = f.get('name', '')
        fields.append(RawValue(name, _type(f), source.at(source.field(name, end)), _doc(f),
                               bits=int(f.get('bits', '0'))))
    nested = [n for n in element if n.tag in (CORE + 'record', CORE + 'union')]
    for n in nested:
        fields.append(RawValue(n.get('name', ''), RawType('anonymous struct or union', ''),
                               source.at(end)))
    return RawRecord(element.get('name', ''), element.get(C + 'type', ''), source.at(end),
                     _doc(element), tuple(fields),
                     element.get('disguised') == '1' or element.get('opaque') == '1', union)


def _enum(source: Source, element: Element, flags: bool) -> RawEnum:
    end = _line(element)
    values = tuple(
        RawEnumerator(m.get('name', ''), int(m.get('value', '0')),
                      source.at(source.enumerator(m.get(C + 'identifier', ''), end)), _doc(m))
        for m in element.findall(CORE + 'member'))
    return RawEnum(element.get('name', ''), element.get(C + 'type', ''), source.at(end),
                   _doc(element), flags, values)


def parse(gir: Path, source: Source) -> Namespace:
    """Reads a GIR file; `source` is the header it describes."""
    try:
        root = ElementTree.parse(gir).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise BindgenError([Problem(Location(str(gir), 0),
                                    f'cannot read the GIR file: {error}; it is made by '
                                    'g-ir-scanner, see docs/writing-an-ipa.md')]) from error
    node = root.find(CORE + 'namespace')
    if node is None:
        raise BindgenError([Problem(Location(str(gir), 0), 'no namespace in the GIR file')])

    def by_line(item: RawRecord | RawEnum | RawInterface) -> tuple[int, str]:
        return (item.where.line, item.name)

    records = [_record(source, r, False) for r in node.findall(CORE + 'record')
               if r.get(GLIB + 'is-gtype-struct-for') is None]
    records += [_record(source, r, True) for r in node.findall(CORE + 'union')]
    enums = [_enum(source, e, False) for e in node.findall(CORE + 'enumeration')]
    enums += [_enum(source, e, True) for e in node.findall(CORE + 'bitfield')]
    # An interface is documented where its struct is.
    docs = {r.get(GLIB + 'is-gtype-struct-for'): _doc(r) for r in node.findall(CORE + 'record')}
    interfaces = [_interface(source, i, _doc(i) or docs.get(i.get('name'), ''))
                  for i in node.findall(CORE + 'interface')]
    return Namespace(
        name=node.get('name', ''),
        version=node.get('version', ''),
        source=source,
        includes=tuple(f"{i.get('name')}-{i.get('version')}"
                       for i in root.findall(CORE + 'include')),
        interfaces=tuple(sorted(interfaces, key=by_line)),
        records=tuple(sorted(records, key=by_line)),
        enums=tuple(sorted(enums, key=by_line)),
        aliases={a.get('name', ''): _type(a) for a in node.findall(CORE + 'alias')})
