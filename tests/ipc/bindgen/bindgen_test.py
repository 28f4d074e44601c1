#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the generator: bad headers, golden files, reproducibility, and the stages by themselves.

Run by meson. To accept what the generator writes now, after reading the difference:

    ninja -C build update-golden
"""
from __future__ import annotations

import difflib
import os
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = Path(os.environ.get('GST_CAMERA_BUILD_ROOT', ROOT / 'build')).resolve()
BINDGEN = ROOT / 'ipc' / 'bindgen' / 'gst-camera-bindgen'
GOLDEN = HERE / 'golden'
BAD = HERE / 'bad-headers'
TEST_HEADER = ROOT / 'tests' / 'ipc' / 'test-ipa.h'

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'ipc' / 'bindgen'))
from gst_camera_bindgen import emit, names, source  # noqa: E402


def bindgen(*arguments: str | Path, cwd: Path = HERE,
            environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command line."""
    return subprocess.run([str(BINDGEN), *map(str, arguments)], cwd=cwd, text=True,
                          capture_output=True, check=False,
                          env={**os.environ, **(environment or {})})


def generate(folder: Path, cwd: Path = HERE, seed: str = '0') -> dict[str, str]:
    """The test interface's files, as the build makes them."""
    done = bindgen('generate', TEST_HEADER, '--gir', BUILD / 'tests/ipc/GstCameraTest-1.0.gir',
                   '--gir-dir', BUILD / 'ipa', '--output-dir', folder, cwd=cwd,
                   environment={'PYTHONHASHSEED': seed})
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return read(folder)


def read(folder: Path) -> dict[str, str]:
    """{name: text} of the generated files in a folder."""
    return {p.name: p.read_text(encoding='utf-8') for p in sorted(folder.iterdir())
            if p.suffix != '.gir'}


def complaints(header: Path) -> str:
    """What the generator says of a bad header, through the real g-ir-scanner."""
    with tempfile.TemporaryDirectory() as name:
        done = bindgen('scan', header.relative_to(HERE), '-I', ROOT, '--gir-dir', BUILD / 'ipa',
                       '--output-dir', name)
        made = [p.name for p in Path(name).iterdir() if p.suffix != '.gir']
    if made:
        raise AssertionError(f'{header.name}: wrote {made} all the same')
    if done.returncode != 1:
        raise AssertionError(f'{header.name}: exit status {done.returncode}:\n{done.stderr}')
    return done.stderr


class BadHeaders(unittest.TestCase):
    """Each header breaks rules; the .expected beside it is the exact output."""

    def test_all(self) -> None:
        """Places and words of every error."""
        headers = sorted(BAD.glob('*.h'))
        self.assertGreater(len(headers), 10)
        with ThreadPoolExecutor(max_workers=2) as pool:
            outputs = list(pool.map(complaints, headers))
        for header, output in zip(headers, outputs):
            with self.subTest(header=header.name):
                expected = header.with_suffix('.expected')
                self.assertEqual(expected.read_text(encoding='utf-8'), output)

    def test_not_a_header(self) -> None:
        """Files that are missing or no GIR give an error with their name."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            done = bindgen('scan', 'no-such.h', '--output-dir', folder)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r'^no-such.h: error: cannot read the header: .*\n$')
            (folder / 'x.gir').write_text('<repository', encoding='utf-8')
            done = bindgen('generate', TEST_HEADER, '--gir', folder / 'x.gir', '--output-dir', folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn('x.gir: error: cannot read the GIR file', done.stderr)
            (folder / 'broken-ipa.h').write_text(
                '#include <glib-object.h>\nG_DECLARE_INTERFACE(GstCameraBadIpa, gst_camera_bad_ipa,'
                ' GST_CAMERA_BAD, IPA, GObject)\nint broken(Nonsense x);\n', encoding='utf-8')
            done = bindgen('scan', folder / 'broken-ipa.h', '--gir-dir', BUILD / 'ipa',
                           '--output-dir', folder)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r'broken-ipa.h:3:\d+: error')


class Golden(unittest.TestCase):
    """What the generator writes for the test interface."""

    def test_golden(self) -> None:
        """The same as the files in golden/."""
        with tempfile.TemporaryDirectory() as name:
            made = generate(Path(name))
        golden = read(GOLDEN)
        self.assertEqual(sorted(made), sorted(golden))
        for file, text in made.items():
            if text != golden[file]:
                difference = difflib.unified_diff(golden[file].splitlines(True),
                                                  text.splitlines(True), f'golden/{file}', file, n=2)
                self.fail(''.join(list(difference)[:60]) +
                          '\nif this is meant: ninja -C build update-golden')

    def test_reproducible(self) -> None:
        """Byte for byte the same from another folder and with another hash seed."""
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            self.assertEqual(generate(Path(one), HERE, '1'), generate(Path(two), Path('/'), '4242'))

    def test_scan_gives_the_same(self) -> None:
        """A vendor's one command writes what this tree's build writes."""
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            made = generate(Path(one))
            done = bindgen('scan', TEST_HEADER, '-I', ROOT, '--gir-dir', BUILD / 'ipa',
                           '--output-dir', two)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(made, read(Path(two)))


class Build(unittest.TestCase):
    """The build knows what the generated files are made of."""

    def test_templates_are_inputs(self) -> None:
        """An edited template or module of the generator rebuilds what it makes."""
        folder = ROOT / 'ipc' / 'bindgen'
        needed = [p for p in [*folder.glob('templates/*'), *folder.glob('gst_camera_bindgen/*.py')]]
        done = subprocess.run(['ninja', '-C', str(BUILD), '-t', 'query',
                               'tests/ipc/test-ipa-types.h', 'ipa/ipa-types.h'], text=True,
                              capture_output=True, check=True)
        for target in done.stdout.split('outputs:')[:2]:
            inputs = {Path(line.strip().lstrip('| ')).name for line in target.splitlines()}
            self.assertEqual([p.name for p in needed if p.name not in inputs], [])

    def test_every_template_is_used(self) -> None:
        """No template lies there unused, none is missing."""
        used = {a.template for a in emit.ARTEFACTS} | {'macros.j2'}
        there = {p.name for p in emit.TEMPLATES.iterdir()}
        self.assertEqual(used, there)


class Stages(unittest.TestCase):
    """Small things that are easier seen alone."""

    def test_names(self) -> None:
        """One language's names of another's."""
        self.assertEqual(names.camel('compute_params'), 'ComputeParams')
        self.assertEqual(names.camel('isp1_x'), 'Isp1X')
        self.assertEqual(names.snake('Simulated'), 'simulated')
        self.assertEqual(names.snake('RkIsp1'), 'rk_isp1')
        self.assertEqual(names.snake('UVCCamera'), 'uvc_camera')
        for bad in ('class', '2x', 'a-b', 'x_', 'a__b', '', 'größe'):
            self.assertFalse(names.is_identifier(bad), bad)

    def test_comments(self) -> None:
        """Documentation cannot end the comment it stands in, nor be too wide."""
        self.assertEqual(emit.comment(''), '')
        self.assertEqual(emit.comment('a */ b'), '/** a * / b */\n')
        for line in emit.comment('word ' * 100, 4).splitlines():
            self.assertLessEqual(len(line), 100)

    def test_source(self) -> None:
        """Comments and strings are not code; lines stay."""
        text = 'int a; /* int\nb; */ // c\nchar *s = "d;"; int e;\n'
        blank = source.blank_comments(text)
        self.assertEqual(blank.count('\n'), text.count('\n'))
        self.assertNotIn('b', blank)
        self.assertNotIn('d', blank)
        self.assertIn('int e;', blank)


def update() -> None:
    """Accepts what the generator writes now."""
    GOLDEN.mkdir(exist_ok=True)
    for path in GOLDEN.iterdir():
        path.unlink()
    generate(GOLDEN)
    for header in sorted(BAD.glob('*.h')):
        header.with_suffix('.expected').write_text(complaints(header), encoding='utf-8')


if __name__ == '__main__':
    if sys.argv[1:] == ['--update']:
        update()
    else:
        unittest.main(verbosity=2)
