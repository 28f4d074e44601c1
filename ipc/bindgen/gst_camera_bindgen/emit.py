# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fourth stage: the model through the templates to text.

ARTEFACTS lists what there is. A new one is a template in templates/, a row here and, for Meson, its
name in ipc/bindgen/meson.build.
"""
from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import jinja2

from . import names
from .model import Model

TEMPLATES = Path(__file__).resolve().parent.parent / 'templates'


@dataclass(frozen=True)
class Artefact:
    """One output: <stem><suffix> from a template; `shared` where the shared records have it too."""

    template: str
    suffix: str
    shared: bool = False


ARTEFACTS = (
    Artefact('types.h.j2', '-types.h', shared=True),
    Artefact('types.cpp.j2', '-types.cpp', shared=True),
    Artefact('codec.h.j2', '-codec.h', shared=True),
    Artefact('codec.cpp.j2', '-codec.cpp', shared=True),
    Artefact('interface.h.j2', '-interface.h'),
    Artefact('stub.h.j2', '-stub.h'),
    Artefact('stub.cpp.j2', '-stub.cpp'),
    Artefact('module.h.j2', '-module.h'),
    Artefact('dbus.xml.j2', '.xml'),
    Artefact('proxy.h.j2', '-proxy.h'),
    Artefact('proxy.cpp.j2', '-proxy.cpp'),
    Artefact('thread-proxy.h.j2', '-thread-proxy.h'),
    Artefact('thread-proxy.cpp.j2', '-thread-proxy.cpp'),
    Artefact('worker-proxy.h.j2', '-worker-proxy.h'),
    Artefact('worker-proxy.cpp.j2', '-worker-proxy.cpp'),
)


def comment(text: str, indent: int = 0) -> str:
    """A documentation comment, wrapped at 100 columns; nothing for no text."""
    if not text.strip():
        return ''
    pad = ' ' * indent
    safe = text.replace('*/', '* /').replace('/*', '/ *')
    safe = safe.strip()
    if '\n' not in safe and len(safe) + indent + 7 <= 100:
        return f'{pad}/** {safe} */\n'
    lines = []
    for paragraph in safe.split('\n\n'):
        lines += [*textwrap.wrap(' '.join(paragraph.split()), 97 - indent), '']
    body = ''.join(f'{pad} * {line}'.rstrip() + '\n' for line in lines[:-1])
    return f'{pad}/**\n{body}{pad} */\n'


def environment(templates: Path = TEMPLATES) -> jinja2.Environment:
    """Jinja2 as the templates expect it: a name that does not exist is an error."""
    env = jinja2.Environment(loader=jinja2.FileSystemLoader(str(templates)),
                             undefined=jinja2.StrictUndefined, trim_blocks=True,
                             lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    env.filters['comment'] = comment
    env.filters['camel'] = names.camel
    return env


def emit(model: Model, templates: Path = TEMPLATES) -> dict[str, str]:
    """{file name: text} of every artefact of the model."""
    env = environment(templates)
    chosen = [a for a in ARTEFACTS if a.shared or not model.is_shared]
    return {model.stem + a.suffix: env.get_template(a.template).render(m=model) for a in chosen}
