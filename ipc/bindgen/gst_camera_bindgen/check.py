# SPDX-License-Identifier: LGPL-2.1-or-later
"""Third stage: the rules of an interface header. Returns every problem, not only the first."""
from __future__ import annotations

from collections.abc import Iterator

from . import names
from .errors import Location, Problem
from .model import PREFIX, SHARED, Interface, Method, Model, Struct, Value
from .parse import RawMethod

INT32 = range(-2**31, 2**31)
MAX_SIGNATURE = 255
MAX_DEPTH = 31
REQUIRED = ('init', 'start', 'stop')
# What generated classes and the namespace around them already have.
TAKEN_TYPES = frozenset({'Ipa', 'IpaEvents', 'IpaStub', 'IpaProxy', 'IpaThreadProxy',
                         'IpaWorkerProxy', 'EventEncoder', 'ModuleEntry', 'UniqueFd',
                         'ControlList', 'ControlRanges', 'Result', 'Error'})
TAKEN_CALLS = frozenset({'create', 'host', 'kind', 'pid'})


def check(model: Model) -> list[Problem]:
    """Every broken rule, in the order of the header's lines."""
    problems = list(_namespace(model))
    for enum in model.enums:
        problems += _type_name(enum.where, 'enum', enum.name)
        for value in enum.values:
            problems += _identifiers(value.where, 'enumerator', value.name)
            if enum.flags and not 0 <= value.value < 2**32:
                problems.append(Problem(value.where, f"flag '{value.nick}' does not fit 32 bits"))
            if not enum.flags and value.value not in INT32:
                problems.append(Problem(value.where,
                                        f"enumerator '{value.nick}' does not fit 32 bits"))
        problems += _unique(((v.name, v.where) for v in enum.values),
                            f"enum '{enum.name}' has two enumerators that C++ calls")
        if not enum.flags:
            problems += _unique_values(model, enum.name)
    for struct in model.structs:
        problems += _struct(struct)
    for interface in model.interfaces:
        problems += _interface(interface)
    problems += _members(model)
    problems += _state(model)
    return sorted(set(problems), key=lambda p: (p.where.line, p.text))


def _unique_values(model: Model, name: str) -> Iterator[Problem]:
    enum = next(e for e in model.enums if e.name == name)
    seen: dict[int, str] = {}
    for value in enum.values:
        if value.value in seen:
            yield Problem(value.where, f"enumerator '{value.nick}' has the value of "
                                       f"'{seen[value.value]}'")
        seen.setdefault(value.value, value.nick)


def _namespace(model: Model) -> Iterator[Problem]:
    file = Location(model.header, 1)
    if not model.namespace.startswith(PREFIX) or model.namespace == PREFIX:
        yield Problem(file, f"namespace '{model.namespace}' does not start with {PREFIX}")
    elif not model.is_shared and model.namespace == SHARED + 's':
        yield Problem(file, f"namespace '{model.namespace}' is too close to {SHARED}")
    for interface in model.interfaces:
        if model.is_shared:
            yield Problem(interface.where, 'the header of the shared records has no interfaces')
        elif interface.name not in ('Ipa', 'IpaEvents'):
            yield Problem(interface.where, f"interface '{interface.name}' is neither the calls "
                          f"'{model.namespace}Ipa' nor the events '{model.namespace}IpaEvents'; "
                          'a header declares exactly these two')
    if not model.is_shared:
        present = {i.name for i in model.interfaces}
        for name, what in (('Ipa', 'calls'), ('IpaEvents', 'events')):
            if name not in present:
                yield Problem(file, f'no {what} interface: declare {model.namespace}{name} with '
                                    'G_DECLARE_INTERFACE')


def _identifiers(where: Location, what: str, name: str) -> Iterator[Problem]:
    if not names.is_identifier(name):
        yield Problem(where, f"{what} '{name}' is not a name in C++; choose another")


def _type_name(where: Location, what: str, name: str) -> Iterator[Problem]:
    yield from _identifiers(where, what, name)
    if name in TAKEN_TYPES:
        yield Problem(where, f"{what} '{name}' has the name of a class of the generated code")


def _unique(pairs: Iterator[tuple[str, Location]], what: str) -> Iterator[Problem]:
    seen: dict[str, Location] = {}
    for name, where in pairs:
        if name in seen:
            yield Problem(where, f"{what} '{name}'; the other is on line {seen[name].line}")
        seen.setdefault(name, where)


def _value(value: Value, owner: str, what: str) -> Iterator[Problem]:
    yield from _identifiers(value.where, what, value.name)
    if value.type.kind == 'unknown':
        yield Problem(value.where, f"{what} '{value.name}' of '{owner}': {value.type.problem}")
    for key, _ in value.raw.attributes if value.raw else ():
        if key.startswith('camera.'):
            yield Problem(value.where, f"unknown attribute '{key}' of {what} '{value.name}'")


def _struct(struct: Struct) -> Iterator[Problem]:
    yield from _type_name(struct.where, 'record', struct.name)
    if struct.union:
        yield Problem(struct.where, f"'{struct.name}' is a union; messages carry records only")
        return
    if not struct.fields:
        yield Problem(struct.where, f"record '{struct.name}' has no fields")
    for value in struct.fields:
        yield from _value(value, struct.name, 'field')


def _interface(interface: Interface) -> Iterator[Problem]:
    if interface.name not in ('Ipa', 'IpaEvents'):
        return
    is_events = interface.name == 'IpaEvents'
    for method in interface.methods:
        yield from _identifiers(method.where, 'method', method.name)
        for value in method.inputs + method.outputs:
            yield from _value(value, method.name, 'parameter')
            if value.raw and value.raw.direction == 'inout':
                yield Problem(value.where, f"parameter '{value.name}' of '{method.name}' is inout; "
                                           'make it two parameters')
        yield from _attributes(method.raw, is_events)
        yield from _signatures(method)
        yield from _event(method) if is_events else _call(method)
    if interface.name == 'Ipa':
        by_name = {m.name: m for m in interface.methods}
        for name in REQUIRED:
            if name not in by_name:
                yield Problem(interface.where, f"no call '{name}': every IPA has init, start and "
                                               'stop')
            elif by_name[name].asynchronous:
                yield Problem(by_name[name].where, f"'{name}' must be a sync call")


def _attributes(raw: RawMethod, is_event: bool) -> Iterator[Problem]:
    for key, value in raw.attributes:
        if not key.startswith('camera.'):
            continue
        if key != 'camera.call':
            yield Problem(raw.doc_where, f"unknown attribute '{key}' of '{raw.name}'; there is "
                                         'camera.call=async')
        elif is_event:
            yield Problem(raw.doc_where, f"event '{raw.name}' has the attribute camera.call; "
                                         'events are no calls')
        elif value not in ('async', 'sync'):
            yield Problem(raw.doc_where, f"camera.call of '{raw.name}' is '{value}'; it may be "
                                         "'sync' or 'async'")


def _event(method: Method) -> Iterator[Problem]:
    if method.raw.returns.name != 'none':
        yield Problem(method.where, f"event '{method.name}' returns a value; events return void")
    if method.raw.throws:
        yield Problem(method.where, f"event '{method.name}' has a GError; nobody is there to get it")
    for value in method.outputs:
        yield Problem(value.where, f"event '{method.name}' has the out value '{value.name}'; events "
                                   'only bring values')


def _call(method: Method) -> Iterator[Problem]:
    if method.name in TAKEN_CALLS:
        yield Problem(method.where, f"call '{method.name}' has the name of a method of the proxies")
    returns = method.raw.returns.name
    if method.asynchronous:
        if returns != 'none':
            yield Problem(method.where, f"async call '{method.name}' returns a value; it must "
                                        'return void')
        if method.raw.throws:
            yield Problem(method.where, f"async call '{method.name}' has a GError; nobody waits for "
                                        'it')
        for value in method.outputs:
            yield Problem(value.where, f"async call '{method.name}' has the out value "
                                       f"'{value.name}'; nobody waits for it, use an event")
        return
    if returns == 'none' and not method.raw.throws:
        yield Problem(method.where, f"call '{method.name}' is neither sync (returns gboolean, "
                                    'GError **error last) nor marked (attributes camera.call=async)')
    elif returns != 'gboolean':
        yield Problem(method.where, f"sync call '{method.name}' must return gboolean")
    elif not method.raw.throws:
        yield Problem(method.where, f"sync call '{method.name}' must have GError **error as its last "
                                    'parameter')


def _signatures(method: Method) -> Iterator[Problem]:
    """What D-Bus allows of one message: 255 characters, 32 arrays or records in each other."""
    for what, values in (('arguments', method.inputs), ('out values', method.outputs)):
        signature = ''.join(v.type.signature for v in values)
        if len(signature) > MAX_SIGNATURE:
            yield Problem(method.where, f"the {what} of '{method.name}' have a D-Bus signature of "
                          f'{len(signature)} characters; {MAX_SIGNATURE} are allowed')
        depth = max((signature[:i].count('(') - signature[:i].count(')')
                     for i in range(len(signature))), default=0)
        if depth > MAX_DEPTH:
            yield Problem(method.where, f"the {what} of '{method.name}' have records nested deeper "
                          f'than {MAX_DEPTH}')


def _state(model: Model) -> Iterator[Problem]:
    """The optional pair that carries an IPA's state over to the next one."""
    found = {m.name: m for i in model.interfaces for m in i.methods
             if (i.name, m.name) in (('Ipa', 'restore_state'), ('IpaEvents', 'state_saved'))}
    for name, method in found.items():
        if len(found) == 1:
            other = 'call restore_state' if name == 'state_saved' else 'event state_saved'
            yield Problem(method.where, f"'{name}' without the {other}: an interface has both or "
                                        'neither')
        if [v.type.kind for v in method.inputs] != ['bytes'] or method.outputs:
            yield Problem(method.where, f"'{name}' must have one argument, a GBytes, and no out "
                                        'value')
        if name == 'restore_state' and method.asynchronous:
            yield Problem(method.where, "'restore_state' must be a sync call")


def _members(model: Model) -> Iterator[Problem]:
    methods = [m for i in model.interfaces for m in i.methods]
    yield from _unique(((m.member, m.where) for m in sorted(methods, key=lambda m: m.where.line)),
                       'two methods (calls and events together) have the D-Bus name')
    types = {s.name: s.where for s in model.structs} | {e.name: e.where for e in model.enums}
    for method in methods:
        for struct in (method.args, method.reply):
            if struct.name in types:
                yield Problem(types[struct.name], f"type '{struct.name}' has the name that the "
                                                  f"generator needs for '{method.name}'")
