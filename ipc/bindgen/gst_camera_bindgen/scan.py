# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a header alone: runs g-ir-scanner as a build system would, for authors outside this tree."""
from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import BindgenError, Location, Problem
from .gtypes import emit_gtypes
from .model import SHARED
from .source import Source

HERE = Path(__file__).resolve().parent
# Where an installed generator finds what was installed with it: PREFIX/share/gst-camera/bindgen/...
PREFIX = HERE.parents[3]


@dataclass(frozen=True)
class Names:
    """What g-ir-scanner wants to know of a header."""

    namespace: str
    symbols: str


def names_of(source: Source) -> Names:
    """Namespace and symbol prefix, from the first G_DECLARE_INTERFACE that ends in Ipa."""
    for type_name, function in source.interfaces():
        for type_end, function_end in (('IpaEvents', '_ipa_events'), ('Ipa', '_ipa')):
            if type_name.endswith(type_end) and function.endswith(function_end):
                return Names(type_name.removesuffix(type_end), function.removesuffix(function_end))
    raise BindgenError([Problem(source.at(1), 'no G_DECLARE_INTERFACE of a type whose name ends in '
                                              "'Ipa' or 'IpaEvents'")])


def run(command: list[str], folder: Path, header: str) -> str:
    """The output of a tool; it is the error's message where the tool fails."""
    if shutil.which(command[0]) is None:
        raise BindgenError([Problem(Location(header, 0), f"cannot find '{command[0]}'; install "
                                    'gobject-introspection, a C compiler and pkg-config')])
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise BindgenError([Problem(Location(header, 0), f'{command[0]} failed:\n'
                                    f'{done.stdout.strip()}\n(the command was: '
                                    f'{shlex.join(command)})')])
    return done.stdout


def pkg_config(header: str, *arguments: str) -> list[str]:
    """What pkg-config says of GObject."""
    tool = shlex.split(os.environ.get('PKG_CONFIG', 'pkg-config'))
    return shlex.split(run([*tool, *arguments, 'gobject-2.0'], Path.cwd(), header))


def find_gir(header: str, folders: list[Path]) -> Path:
    """The GIR of the shared records."""
    name = f'{SHARED}-1.0.gir'
    places = [*folders, PREFIX / 'share' / 'gir-1.0', Path('/usr/share/gir-1.0')]
    for place in places:
        if (place / name).is_file():
            return (place / name).resolve()
    raise BindgenError([Problem(Location(header, 0), f'{name} is not in '
                                f'{", ".join(map(str, places))}; name its folder with --gir-dir')])


def scan(source: Source, includes: list[Path], folders: list[Path], keep: Path) -> Path:
    """Makes the GIR of a header in the folder `keep`; returns its path."""
    names = names_of(source)
    header = Path(source.path).resolve()
    shared = find_gir(source.path, folders)
    flags = [f'-I{p.resolve()}' for p in [header.parent, *includes]]
    installed = PREFIX / 'include' / 'gst-camera-1.0'
    if installed.is_dir():
        flags.append(f'-I{installed}')
    cflags = pkg_config(source.path, '--cflags')
    keep.mkdir(parents=True, exist_ok=True)
    gir = keep.resolve() / f'{names.namespace}-1.0.gir'
    with tempfile.TemporaryDirectory(prefix='gst-camera-bindgen-') as name:
        folder = Path(name)
        (folder / 'gtypes.c').write_text(emit_gtypes(source, str(header)), encoding='utf-8')
        compiler = shlex.split(os.environ.get('CC', 'cc'))
        run([*compiler, '-w', '-shared', '-fPIC', '-O0', *flags, *cflags, 'gtypes.c', '-o',
             'libgtypes.so', *pkg_config(source.path, '--libs')], folder, source.path)
        run(['g-ir-scanner', '--quiet', '--no-libtool', f'--namespace={names.namespace}',
             '--nsversion=1.0', f'--identifier-prefix={names.namespace}',
             f'--symbol-prefix={names.symbols}', '--include=GObject-2.0',
             f'--include-uninstalled={shared}', *flags, '--cflags-begin', *cflags, '--cflags-end',
             f'-L{folder}', '--library=gtypes', f'--output={gir}', str(header)],
            folder, source.path)
    return gir
