#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-camera-ipa-sign by its command line, openssl as the second opinion, and an installation."""
from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOL = os.environ['GST_CAMERA_SIGN_TOOL']
BUILD = os.environ['GST_CAMERA_BUILD_ROOT']
PREFIX = os.environ['GST_CAMERA_PREFIX'].lstrip('/')


class SignTool(unittest.TestCase):
    """Each test has a folder with a module (any bytes) and nothing else."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.module = self.folder / 'acme.so'
        self.module.write_bytes(bytes(range(256)) * 500)

    def run_tool(self, *arguments: str, status: int = 0) -> str:
        """Runs it in the folder; gives what it wrote."""
        done = subprocess.run([TOOL, *arguments], cwd=self.folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def make_keys(self, *options: str) -> None:
        """key.pem and its public half pub.pem."""
        self.run_tool('generate', *options, 'key.pem')
        self.run_tool('public', '--key', 'key.pem', '--output', 'pub.pem')

    def test_sign_and_verify(self) -> None:
        """As in docs/trust.md, with both kinds of key."""
        for options in ([], ['--rsa']):
            with self.subTest(options=options):
                self.make_keys(*options)
                self.run_tool('sign', '--key', 'key.pem', 'acme.so')
                said = self.run_tool('verify', '--trust', 'pub.pem', 'acme.so')
                self.assertIn('acme.so: trusted: it is signed with the key ', said)
                signature = self.folder / 'acme.so.sign'
                before = signature.read_bytes()
                self.run_tool('sign', '--key', 'key.pem', 'acme.so')
                self.assertEqual(signature.read_bytes(), before)
                for name in ('key.pem', 'pub.pem', 'acme.so.sign'):
                    (self.folder / name).unlink()

    def test_not_trusted(self) -> None:
        """Status 1, the reason on stderr; one wrong module of two is enough."""
        self.make_keys()
        self.run_tool('sign', '--key', 'key.pem', 'acme.so')
        self.assertIn('not trusted here', self.run_tool('verify', 'acme.so', status=1))
        other = self.folder / 'other.so'
        other.write_bytes(b'other')
        said = self.run_tool('verify', '-t', 'pub.pem', 'acme.so', 'other.so', status=1)
        self.assertIn('acme.so: trusted', said)
        self.assertIn("other.so: NOT trusted: it has no signature ('other.so.sign')", said)
        content = bytearray(self.module.read_bytes())
        content[1000] ^= 4
        self.module.write_bytes(content)
        said = self.run_tool('verify', '-t', 'pub.pem', 'acme.so', status=1)
        self.assertIn('changed after it was signed', said)

    def test_keys(self) -> None:
        """A private key is private, and never overwritten."""
        self.make_keys()
        key = self.folder / 'key.pem'
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        before = key.read_bytes()
        self.assertIn('File exists', self.run_tool('generate', 'key.pem', status=1))
        os.utime(key, (1, 1))
        self.run_tool('generate', '--keep', 'key.pem')
        self.assertEqual(key.read_bytes(), before)
        self.assertGreater(key.stat().st_mtime, 1)
        self.assertEqual(self.run_tool('public', '--key', 'key.pem'),
                         (self.folder / 'pub.pem').read_text())
        (self.folder / 'bad.pem').write_text('nothing')
        self.assertIn('no private key', self.run_tool('generate', '--keep', 'bad.pem', status=1))
        self.run_tool('generate', 'no/such/folder.pem', status=1)

    def test_openssl(self) -> None:
        """openssl takes our signatures, and we take its."""
        openssl = shutil.which('openssl')
        if not openssl:
            self.skipTest('there is no openssl')

        def run(*command: str) -> bytes:
            return subprocess.run([openssl, *command], cwd=self.folder, check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

        self.make_keys()
        self.run_tool('sign', '--key', 'key.pem', 'acme.so')
        lines = (self.folder / 'acme.so.sign').read_text().splitlines()
        (self.folder / 'raw').write_bytes(bytes.fromhex(lines[3].split()[1]))
        verified = run('pkeyutl', '-verify', '-pubin', '-inkey', 'pub.pem', '-rawin', '-in', 'acme.so',
                       '-sigfile', 'raw')
        self.assertIn(b'Verified', verified)

        run('genpkey', '-algorithm', 'ed25519', '-out', 'theirs.pem')
        run('pkey', '-in', 'theirs.pem', '-pubout', '-out', 'theirs-pub.pem')
        run('pkey', '-in', 'theirs.pem', '-pubout', '-outform', 'DER', '-out', 'theirs.der')
        key_id = run('dgst', '-sha256', '-r', 'theirs.der').split()[0].decode()
        run('pkeyutl', '-sign', '-rawin', '-inkey', 'theirs.pem', '-in', 'acme.so', '-out', 'raw')
        digits = (self.folder / 'raw').read_bytes().hex()
        (self.folder / 'acme.so.sign').write_text(
            f'gst-camera-ipa-signature 1\nalgorithm ed25519\nkey {key_id}\nsignature {digits}\n')
        self.assertIn('acme.so: trusted', self.run_tool('verify', '-t', 'theirs-pub.pem', 'acme.so'))

    def test_usage(self) -> None:
        """Wrong use is status 2 and points to --help; --help shows the way."""
        for arguments in ([], ['dance'], ['sign', 'acme.so'], ['sign', '--key', 'key.pem'], ['verify'],
                          ['generate'], ['public'], ['--no-such-option'],
                          ['sign', '-k', 'k', '-o', 'x', 'a.so', 'b.so']):
            self.assertIn('--help', self.run_tool(*arguments, status=2), arguments)
        said = self.run_tool('--help')
        for word in ('generate', 'public', 'sign', 'verify', 'Example', '/ipa-keys/'):
            self.assertIn(word, said)
        self.assertIn('No such file', self.run_tool('sign', '--key', 'none.pem', 'acme.so', status=1))
        self.make_keys()
        self.assertIn('No such file', self.run_tool('sign', '--key', 'key.pem', 'none.so', status=1))
        self.assertFalse((self.folder / 'none.so.sign').exists())

    def test_installation(self) -> None:
        """A stripped installation has signatures of what was stripped, and the key to check them."""
        subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--strip', '--tags', 'runtime',
                        '--destdir', str(self.folder)], check=True, stdout=subprocess.DEVNULL)
        modules = list((self.folder / PREFIX).glob('**/gst-camera/ipa/*.so'))
        self.assertTrue(modules)
        built = Path(BUILD) / 'ipa' / 'simulated' / 'simulated.so'
        installed = next(m for m in modules if m.name == built.name)
        self.assertLess(installed.stat().st_size, built.stat().st_size)
        key = Path(BUILD) / 'ipc' / 'trust' / 'gst-plugins-camera.pem'
        said = self.run_tool('verify', '-t', str(key), *map(str, modules))
        self.assertEqual(said.count(': trusted: '), len(modules))


if __name__ == '__main__':
    unittest.main(verbosity=2)
