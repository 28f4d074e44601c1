# SPDX-License-Identifier: LGPL-2.1-or-later
"""Second stage: declarations to types the codec knows, methods and records in a usable order."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from . import names, types
from .errors import Location
from .parse import Namespace, RawEnum, RawMethod, RawRecord, RawType, RawValue
from .types import Type

PREFIX = 'GstCamera'
SHARED = 'GstCameraIpa'
DBUS_PREFIX = 'org.freedesktop.GstCamera.'


@dataclass(frozen=True)
class Value:
    """A parameter or a field."""

    name: str
    type: Type
    where: Location
    doc: str
    out: bool = False
    raw: RawValue | None = None


@dataclass(frozen=True)
class Struct:
    """A record of the header, or one that the generator adds for a method's values."""

    name: str
    where: Location
    doc: str
    fields: tuple[Value, ...]
    foreign: bool = False
    union: bool = False

    @property
    def signature(self) -> str:
        """The record on the wire."""
        return '(' + ''.join(f.type.signature for f in self.fields) + ')'

    @property
    def has_fds(self) -> bool:
        """Whether it owns descriptors, and so can be moved but not copied."""
        return any(f.type.has_fds for f in self.fields)


@dataclass(frozen=True)
class Enumerator:
    """One value of an enum: its C++ name, and the nick it prints as."""

    name: str
    nick: str
    value: int
    where: Location
    doc: str


@dataclass(frozen=True)
class Enum:
    """An enum or a set of flags."""

    name: str
    where: Location
    doc: str
    flags: bool
    values: tuple[Enumerator, ...]

    @property
    def mask(self) -> int:
        """All known bits of flags."""
        bits = 0
        for value in self.values:
            bits |= value.value
        return bits


@dataclass(frozen=True)
class Method:
    """A call or an event."""

    name: str
    where: Location
    doc: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    asynchronous: bool
    raw: RawMethod

    @property
    def member(self) -> str:
        """The D-Bus name."""
        return names.camel(self.name)

    @property
    def args(self) -> Struct:
        """The struct of its arguments."""
        return Struct(self.member + 'Args', self.where, f'Arguments of {self.name}().', self.inputs)

    @property
    def reply(self) -> Struct:
        """The struct of its out values, used in C++ where there are several."""
        return Struct(self.member + 'Reply', self.where, f'Out values of {self.name}().',
                      self.outputs)

    @property
    def result(self) -> str:
        """The T of the Result<T> that the C++ method returns."""
        if not self.outputs:
            return 'void'
        return self.outputs[0].type.cpp if len(self.outputs) == 1 else self.reply.name

    @property
    def parameters(self) -> str:
        """The C++ parameter list."""
        return ', '.join(f'{v.type.parameter} {v.name}' for v in self.inputs)

    @property
    def arguments(self) -> str:
        """The C++ argument list."""
        return ', '.join(v.name for v in self.inputs)


@dataclass(frozen=True)
class Interface:
    """The calls, or the events."""

    name: str
    where: Location
    doc: str
    methods: tuple[Method, ...]


@dataclass(frozen=True)
class Model:
    """Everything the later stages need to know of a header."""

    namespace: str
    header: str
    stem: str
    enums: tuple[Enum, ...]
    structs: tuple[Struct, ...]
    interfaces: tuple[Interface, ...]
    uses_shared: bool
    foreign: tuple[str, ...] = field(default=())

    @property
    def short(self) -> str:
        """Simulated of GstCameraSimulated."""
        return self.namespace[len(PREFIX):]

    @property
    def name(self) -> str:
        """simulated: the C++ namespace within gstcam."""
        return names.snake(self.short)

    @property
    def is_shared(self) -> bool:
        """Whether this is the header of the shared records, which has no interfaces."""
        return self.namespace == SHARED

    @property
    def dbus_name(self) -> str:
        """The D-Bus interface."""
        return DBUS_PREFIX + self.short

    @property
    def calls(self) -> Interface:
        """The interface Ipa; only where check found no problem."""
        return next(i for i in self.interfaces if i.name == 'Ipa')

    @property
    def events(self) -> Interface:
        """The interface IpaEvents; only where check found no problem."""
        return next(i for i in self.interfaces if i.name == 'IpaEvents')

    @property
    def messages(self) -> tuple[Struct, ...]:
        """Structs that the generator adds: arguments of every method, replies of several values."""
        if self.is_shared:
            return ()
        added = []
        for method in self.calls.methods + self.events.methods:
            added.append(method.args)
            if len(method.outputs) > 1:
                added.append(method.reply)
        return tuple(added)

    @property
    def interface_hash(self) -> str:
        """Of all that matters on the wire: equal hashes mean that the two sides understand."""
        return hashlib.sha256('\n'.join(self.canonical()).encode()).hexdigest()

    def canonical(self) -> list[str]:
        """The model as text, without documentation and places."""
        lines = [f'interface {self.dbus_name}', *self.foreign]
        lines += [describe_enum(e) for e in self.enums]
        lines += [describe_struct(s) for s in self.structs]
        for interface in self.interfaces:
            for m in interface.methods:
                values = [f"{'out' if v.out else 'in'} {v.name} {v.type.cpp} {v.type.signature}"
                          for v in m.inputs + m.outputs]
                lines.append(f"{interface.name}.{m.name} {'async' if m.asynchronous else 'sync'} "
                             + '; '.join(values))
        return lines


def describe_enum(enum: Enum) -> str:
    """One line of the canonical text."""
    return f"{'flags' if enum.flags else 'enum'} {enum.name} " + ' '.join(
        f'{v.nick}={v.value}' for v in enum.values)


def describe_struct(struct: Struct) -> str:
    """One line of the canonical text."""
    return f'record {struct.name} ' + '; '.join(
        f'{f.name} {f.type.cpp} {f.type.signature}' for f in struct.fields)


class Resolver:
    """Turns the GIR's type names into types; records are resolved once, when first asked for."""

    def __init__(self, own: Namespace, shared: Namespace | None) -> None:
        self.own = own
        self.spaces = {n.name: n for n in (own, shared) if n}
        self.structs: dict[tuple[str, str], Struct] = {}
        self.enums: dict[tuple[str, str], Enum] = {}
        self.open: list[tuple[str, str]] = []

    def value(self, space: str, raw: RawValue, is_field: bool) -> Value:
        """A parameter or field."""
        resolved = self.type(space, raw.type)
        if resolved.kind != 'unknown':
            resolved = self._indirection(resolved, raw, is_field)
        return Value(raw.name, resolved, raw.where, raw.doc, raw.direction == 'out', raw)

    @staticmethod
    def _indirection(resolved: Type, raw: RawValue, is_field: bool) -> Type:
        """Refuses pointers to what travels by value, and bit fields."""
        stars = raw.type.c_type.count('*')
        if raw.bits:
            return types.unknown('bit fields are not laid out the same everywhere; use flags')
        scalar = resolved.by_value or resolved.kind == 'fd'
        if scalar and stars > (1 if raw.direction != 'in' else 0):
            return types.unknown(f"'{raw.type.c_type}' is a pointer; use a value, GArray or "
                                 '(array fixed-size=N)')
        if is_field and resolved.kind == 'record' and stars:
            return types.unknown(f"'{raw.type.c_type}' is a pointer; nest the record by value")
        return resolved

    def type(self, space: str, raw: RawType) -> Type:
        """A type as seen from a namespace."""
        if raw.is_array:
            return self._array(space, raw)
        if raw.name == 'GLib.HashTable':
            return self._map(space, raw)
        if raw.name in types.BASIC:
            return types.BASIC[raw.name]
        if raw.name in types.ADVICE:
            return types.unknown(types.ADVICE[raw.name])
        name = raw.name if '.' in raw.name else f'{space}.{raw.name}'
        if name in types.SPECIAL:
            return types.SPECIAL[name]
        owner, _, local = name.partition('.')
        return self._named(owner, local, raw)

    def _array(self, space: str, raw: RawType) -> Type:
        if raw.name in types.ADVICE:
            return types.unknown(types.ADVICE[raw.name])
        if raw.name not in ('', 'GLib.Array'):
            return types.unknown(f"'{raw.c_type or raw.name}' is not a type messages carry")
        if not raw.elements or raw.elements[0].name in ('gpointer', 'none', ''):
            return types.unknown('the type of the elements is not given; write (element-type TYPE)')
        element = self.type(space, raw.elements[0])
        if element.kind == 'unknown':
            return element
        if raw.name == 'GLib.Array':
            return types.list_of(element)
        if not raw.fixed_size:
            return types.unknown(f"'{raw.c_type}' is an array without a size; use GArray or "
                                 '(array fixed-size=N)')
        return types.array_of(element, raw.fixed_size)

    def _map(self, space: str, raw: RawType) -> Type:
        if len(raw.elements) != 2 or raw.elements[0].name == 'gpointer':
            return types.unknown('the types of the map are not given; write (element-type KEY VALUE)')
        key, value = (self.type(space, e) for e in raw.elements)
        if key.kind == 'unknown' or value.kind == 'unknown':
            return key if key.kind == 'unknown' else value
        if not key.is_key:
            return types.unknown(f"'{raw.elements[0].name}' cannot be the key of a map; use an "
                                 'integer, an enum or a string')
        return types.map_of(key, value)

    def _named(self, owner: str, local: str, raw: RawType) -> Type:
        space = self.spaces.get(owner)
        if space is None:
            return types.unknown(f"'{raw.c_type or raw.name}' is of namespace {owner}; types come "
                                 f'from this header or from {SHARED}')
        prefix = '' if space is self.own else names.snake(owner[len(PREFIX):]) + '::'
        if local in space.aliases:
            return self.type(owner, space.aliases[local])
        for raw_enum in space.enums:
            if raw_enum.name == local:
                enum = self.enum(owner, raw_enum)
                return Type('flags' if enum.flags else 'enum', prefix + local,
                            'u' if enum.flags else 'i', is_key=not enum.flags, record=local)
        for raw_record in space.records:
            if raw_record.name == local and raw_record.opaque:
                return types.unknown(f"'{raw_record.c_name}' is opaque: its fields are not declared")
            if raw_record.name == local:
                return self._record_type(owner, raw_record, prefix)
        return types.unknown(f"'{raw.c_type or raw.name}' is not a type messages carry")

    def _record_type(self, owner: str, raw: RawRecord, prefix: str) -> Type:
        if (owner, raw.name) in self.open:
            return types.unknown(f"'{raw.c_name}' contains itself")
        struct = self.struct(owner, raw)
        return Type('record', prefix + raw.name, struct.signature, struct.has_fds, record=raw.name)

    def struct(self, owner: str, raw: RawRecord) -> Struct:
        """A record; those it contains come before it in self.structs."""
        key = (owner, raw.name)
        if key not in self.structs:
            self.open.append(key)
            fields = tuple(self.value(owner, f, True) for f in raw.fields)
            self.open.pop()
            self.structs[key] = Struct(raw.name, raw.where, raw.doc, fields,
                                       owner != self.own.name, raw.union)
        return self.structs[key]

    def enum(self, owner: str, raw: RawEnum) -> Enum:
        """An enum."""
        key = (owner, raw.name)
        if key not in self.enums:
            self.enums[key] = Enum(raw.name, raw.where, raw.doc, raw.flags, tuple(
                Enumerator(names.camel(v.name), v.name.replace('_', '-'), v.value, v.where, v.doc)
                for v in raw.values))
        return self.enums[key]

    def method(self, raw: RawMethod) -> Method:
        """A call or an event."""
        values = [self.value(self.own.name, p, False) for p in raw.parameters]
        return Method(raw.name, raw.where, raw.doc, tuple(v for v in values if not v.out),
                      tuple(v for v in values if v.out),
                      dict(raw.attributes).get('camera.call') == 'async', raw)


def build(own: Namespace, shared: Namespace | None, stem: str) -> Model:
    """The model of a header; `shared` is the namespace of the shared records."""
    resolver = Resolver(own, shared)
    for raw_enum in own.enums:
        resolver.enum(own.name, raw_enum)
    for raw_record in own.records:
        is_special = f'{own.name}.{raw_record.name}' in types.SPECIAL
        if not raw_record.opaque and not is_special:
            resolver.struct(own.name, raw_record)
    interfaces = tuple(
        Interface(i.name, i.where, i.doc, tuple(resolver.method(m) for m in i.methods))
        for i in own.interfaces)
    mine = own.name
    foreign = [describe_enum(e) for (o, _), e in sorted(resolver.enums.items()) if o != mine]
    foreign += [describe_struct(s) for (o, _), s in sorted(resolver.structs.items()) if o != mine]
    return Model(own.name, own.source.path, stem,
                 tuple(e for (o, _), e in resolver.enums.items() if o == mine),
                 tuple(s for (o, _), s in resolver.structs.items() if o == mine),
                 interfaces, shared is not None, tuple(foreign))
