#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A vendor's way: install into an empty prefix, build vendor/ against that alone, look at the module."""
from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = os.environ['GST_CAMERA_BUILD_ROOT']
PREFIX = os.environ['GST_CAMERA_PREFIX'].lstrip('/')
LIBDIR = os.environ['GST_CAMERA_LIBDIR']


class ModuleTable(ctypes.Structure):
    """GstCameraIpaModule of ipa/module.h, its data."""

    _fields_ = [('abi', ctypes.c_uint32), ('size', ctypes.c_uint32),
                ('interface_name', ctypes.c_char_p), ('interface_hash', ctypes.c_char_p),
                ('name', ctypes.c_char_p), ('version', ctypes.c_char_p),
                ('functions', ctypes.c_void_p * 4)]


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """A command that must succeed."""
    done = subprocess.run(command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise AssertionError(f'{command}:\n{done.stdout}')
    return done.stdout


class Vendor(unittest.TestCase):
    """With pkg-config, make and a compiler; nothing of the source or build tree."""

    def test_module(self) -> None:
        """The module builds and its table is right."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            run('meson', 'install', '-C', BUILD, '--no-rebuild', '--tags', 'devel',
                '--destdir', str(root / 'root'))
            prefix = root / 'root' / PREFIX
            pc_file = prefix / LIBDIR / 'pkgconfig' / 'gst-camera-ipa-1.0.pc'
            pc_file.write_text(pc_file.read_text().replace(f'prefix=/{PREFIX}\n', f'prefix={prefix}\n'))
            shutil.copytree(HERE / 'vendor', root / 'vendor')
            env = {'PATH': os.environ['PATH'], 'HOME': name,
                   'PKG_CONFIG_PATH': str(prefix / LIBDIR / 'pkgconfig')}
            run('make', '-j2', cwd=root / 'vendor', env=env)
            module = ctypes.CDLL(str(root / 'vendor' / 'acme.so'))
            table = ModuleTable.in_dll(module, 'gst_camera_ipa_module')
            header = (HERE.parents[2] / 'ipa' / 'module.h').read_text(encoding='utf-8')
            abi = int(re.search(r'define GST_CAMERA_IPA_MODULE_ABI (\d+)', header).group(1))
            self.assertEqual((table.abi, table.size), (abi, ctypes.sizeof(ModuleTable)))
            self.assertEqual(table.interface_name, b'org.freedesktop.GstCamera.Acme')
            self.assertRegex(table.interface_hash.decode(), '^[0-9a-f]{64}$')
            self.assertEqual((table.name, table.version), (b'acme', b'1.2.3'))
            self.assertTrue(all(table.functions))
            exported = run('nm', '-D', '--defined-only', str(root / 'vendor' / 'acme.so'))
            self.assertNotIn('g_variant', exported)

            # A header of the package, from where it was installed, without any option.
            installed = prefix / 'include/gst-camera-1.0/pipelines/simulated/simulated-ipa.h'
            run(str(prefix / 'bin' / 'gst-camera-bindgen'), 'scan', str(installed),
                '--output-dir', str(root / 'simulated'), env=env)
            built = Path(BUILD) / 'pipelines' / 'interfaces'
            for file in (root / 'simulated').iterdir():
                if file.suffix != '.gir':
                    self.assertEqual(file.read_text(), (built / file.name).read_text(), file.name)


if __name__ == '__main__':
    unittest.main(verbosity=2)
