# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line: generate (from a GIR), gtypes (for g-ir-scanner), scan (both, from a header)."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import check, emit, model, parse
from .errors import BindgenError, Location, Problem
from .gtypes import emit_gtypes
from .scan import PREFIX, scan
from .source import Source


def read_source(path: str) -> Source:
    """A header; an Error names it where it cannot be read."""
    try:
        return Source(path, Path(path).read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        raise BindgenError([Problem(Location(path, 0), f'cannot read the header: {error}')]) from error


def write(path: Path, text: str) -> None:
    """Writes a file; the caller's build system knows it by its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


def find_shared(own: parse.Namespace, gir: Path, folders: list[Path]) -> parse.Namespace | None:
    """The namespace of the shared records, where the header uses it."""
    wanted = [i for i in own.includes if i.startswith(model.SHARED + '-')]
    if not wanted:
        return None
    for folder in [gir.parent, *folders]:
        path = folder / f'{wanted[0]}.gir'
        if path.is_file():
            return parse.parse(path, Source(str(path), ''))
    raise BindgenError([Problem(Location(str(gir), 0),
                                f'{wanted[0]}.gir is not in {", ".join(map(str, folders))}; name its '
                                'folder with --gir-dir')])


def generate(header: str, gir: Path, folders: list[Path], stem: str | None) -> dict[str, str]:
    """All stages: {file name: text}, or a BindgenError."""
    own = parse.parse(gir, read_source(header))
    shared = find_shared(own, gir, folders)
    built = model.build(own, shared, stem or Path(header).stem)
    problems = check.check(built)
    if problems:
        raise BindgenError(problems)
    return emit.emit(built)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog='gst-camera-bindgen', description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)

    gen = commands.add_parser('generate', help='write the bindings of a header from its GIR')
    gen.add_argument('header')
    gen.add_argument('--gir', type=Path, required=True, help='what g-ir-scanner made of the header')
    gen.add_argument('--gir-dir', type=Path, action='append', default=[],
                     help='folder with GstCameraIpa-1.0.gir; may be repeated')
    gen.add_argument('--stem', help='how the outputs are called (default: as the header)')
    gen.add_argument('--output-dir', type=Path, required=True)

    one = commands.add_parser('scan', help='all in one: run g-ir-scanner on a header, then generate')
    one.add_argument('header')
    one.add_argument('-I', dest='includes', type=Path, action='append', default=[],
                     help='folder with headers that this one includes')
    one.add_argument('--gir-dir', type=Path, action='append', default=[],
                     help='folder with GstCameraIpa-1.0.gir (default: the installed one)')
    one.add_argument('--stem', help='how the outputs are called (default: as the header)')
    one.add_argument('--output-dir', type=Path, required=True)

    gtypes = commands.add_parser('gtypes', help='write the C file that g-ir-scanner needs')
    gtypes.add_argument('header')
    gtypes.add_argument('--include', help='how the C file includes the header (default: its path)')
    gtypes.add_argument('--output', type=Path, required=True)
    return parser


def run(args: argparse.Namespace) -> None:
    """One command."""
    if args.command == 'gtypes':
        source = read_source(args.header)
        write(args.output, emit_gtypes(source, args.include or str(Path(args.header).resolve())))
        return
    gir_dirs = [*args.gir_dir, PREFIX / 'share' / 'gir-1.0']
    if args.command == 'scan':
        gir = scan(read_source(args.header), args.includes, args.gir_dir, args.output_dir)
    else:
        gir = args.gir
    for name, text in generate(args.header, gir, gir_dirs, args.stem).items():
        write(args.output_dir / name, text)


def main(argv: list[str]) -> int:
    """Exit status: 0, or 1 after printing what is wrong."""
    args = arguments().parse_args(argv)
    try:
        run(args)
    except BindgenError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
