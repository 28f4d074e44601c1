#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The systemd units of the worker as a service: what systemd-analyze has to say of them.

    units_test.py FOLDER-WITH-THE-UNITS
"""
from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BOUND = 1.0  # of 10, the exposure of a service without any protection
INSTANCE = 'simulated'


def main() -> int:
    if not shutil.which('systemd-analyze'):
        print('there is no systemd-analyze (package systemd)')
        return 77
    units = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        # As an installation has it, but with a program that is there.
        folder = Path(name)
        for unit in ('socket', 'service'):
            text = (units / f'gst-camera-ipa@.{unit}').read_text(encoding='utf-8')
            assert '@' not in re.sub(r'gst-camera-ipa@|@[a-z-]+', '', text), 'a word is not replaced'
            if unit == 'service':
                assert re.search(r'^ExecStart=/\S+/gst-camera-ipa-worker --listen systemd: ', text,
                                 re.MULTILINE)
                text = re.sub(r'^ExecStart=\S+', 'ExecStart=/bin/true', text, flags=re.MULTILINE)
            (folder / f'gst-camera-ipa@{INSTANCE}.{unit}').write_text(text, encoding='utf-8')
        service = folder / f'gst-camera-ipa@{INSTANCE}.service'
        verify = subprocess.run(
            ['systemd-analyze', 'verify', '--recursive-errors=no', '--man=no', str(service),
             str(service.with_suffix('.socket'))],
            text=True, capture_output=True, check=False)
        wrong = [line for line in verify.stderr.splitlines() if 'gst-camera-ipa' in line]
        print('verify:', '; '.join(wrong) or 'nothing to say')
        score = subprocess.run(['systemd-analyze', 'security', '--offline=yes', '--no-pager',
                                str(service)], text=True, capture_output=True, check=False)
    found = re.search(r'Overall exposure level for \S+: ([0-9.]+)', score.stdout)
    if not found:
        print(score.stdout, score.stderr)
        return 1
    print(found.group(0), f'(bound {BOUND})')
    if float(found.group(1)) > BOUND:
        print(score.stdout)
        return 1
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
