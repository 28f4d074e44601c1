#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/vm/run promises: whose output, which exit status, what a command finds and what is left.

Each start of a machine takes seconds, so one start answers several questions.
"""
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
# pylint: disable=wrong-import-position
import debian
import kernel

RUN = pathlib.Path(__file__).with_name("run")
# A machine under a loaded host may take its time; only a hang reaches this.
PATIENCE = 240


def run(*arguments, **options):
    return subprocess.run([RUN, "--timeout", str(PATIENCE), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, **options)


class Runner(unittest.TestCase):
    def test_what_a_command_finds(self):
        # Not below /tmp, which a host may have mounted apart.
        with tempfile.TemporaryDirectory(prefix="vm test ", dir=kernel.cache_folder()) as name:
            here = pathlib.Path(name)
            (here / "shared, too").mkdir()
            (here / "file").write_text("the host's\n", encoding="ascii")
            script = r"""
                uname -r
                pwd
                cat file
                echo changed >file && cat file
                echo kept >'shared, too/new'
                printf '%s\n' "$QUOTED" "$1" "${DISPLAY-unset}"
                test -e /dev/v4l/by-path/platform-vivid.0-video-index0 && ls /dev/video*
                udevadm info -q property -n /dev/video0 | grep ID_V4L_PRODUCT
                wc -c </dev/stdin
                echo to stderr >/dev/stderr
                sleep 1000 &
                exit 7
            """
            done = run("--module", "vivid n_devs=1 node_types=0x1", "--share", "shared, too",
                       "sh", "-c", script, "sh", "it's\n\"$HOME\"", cwd=here,
                       env={**os.environ, "QUOTED": "a 'b' $c \\", "DISPLAY": ":0"})
            self.assertEqual(done.stdout.splitlines(), [
                kernel.ready().release, str(here), "the host's", "changed", "a 'b' $c \\", "it's", '"$HOME"',
                "unset", "/dev/video0", "ID_V4L_PRODUCT=vivid", "0"])
            self.assertEqual(done.stderr, "to stderr\n")
            self.assertEqual(done.returncode, 7)
            self.assertEqual((here / "file").read_text(encoding="ascii"), "the host's\n")
            self.assertEqual((here / "shared, too/new").read_text(encoding="ascii"), "kept\n")

    def test_without_udev(self):
        done = run("--no-udev", "--module", "vivid n_devs=1 node_types=0x1", "sh", "-c",
                   "test -c /dev/video0 && test ! -e /run/udev && exec /nonexistent")
        self.assertEqual(done.returncode, 127, done.stderr)

    def test_all_of_a_long_output_arrives(self):
        done = run("seq", "1", "200000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "".join(f"{i}\n" for i in range(1, 200001)))

    def test_time_out(self):
        done = subprocess.run([RUN, "--timeout", "1", "true"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (124, ""))
        self.assertIn("no end after 1 s", done.stderr)

    def test_the_machine_dies(self):
        done = run("sh", "-c", "echo c >/proc/sysrq-trigger; sleep 1000")
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertIn("sysrq triggered crash", done.stderr)
        self.assertIn("the machine ended and the command had not", done.stderr)

    def test_a_module_that_is_not_there(self):
        done = run("--module", "no-such-module", "true")
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertIn("cannot load the module no-such-module", done.stderr)

    def test_a_killed_runner_takes_its_machine_along(self):
        for end, status in ((signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)):
            with subprocess.Popen([RUN, "sh", "-c", "echo up; sleep 1000"],
                                  stdout=subprocess.PIPE) as runner:
                self.assertEqual(runner.stdout.readline(), b"up\n")
                children = pathlib.Path(f"/proc/{runner.pid}/task/{runner.pid}/children")
                qemu = os.pidfd_open(int(children.read_text(encoding="ascii")))
                runner.send_signal(end)
                self.assertEqual(runner.wait(), status)
                ended, _, _ = select.select([qemu], [], [], PATIENCE)
                os.close(qemu)
                self.assertTrue(ended, "QEMU goes on")


if __name__ == "__main__":
    try:
        kernel.ready()
    except debian.Unreachable as error:
        print(error)
        sys.exit(77)
    unittest.main()
