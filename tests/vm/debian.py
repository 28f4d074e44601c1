# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a virtual machine needs of Debian: versions and packages, without installing anything.

Apt(): asks apt with the system's package lists. Where those know no package (a fresh container) or
name one the mirror has already replaced, Apt.with_fresh_lists() fetches lists of its own into a
folder; neither way needs root or changes the system.

Of the errors only one excuses a test: Unreachable means that no apt or no mirror answers. NotOffered is
what other package lists may help against.
"""
import os
import pathlib
import re
import shutil
import subprocess


class DebianError(Exception):
    """Packages cannot be had or used; the text says which and why."""


class NotOffered(DebianError):
    """apt does not know a package, or does not get it from where it should be."""


class Unreachable(DebianError):
    """There is no apt here, or none of its mirrors answers."""


def _run(command, cwd=None):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}, check=False)


def _complaint(done) -> str:
    """The lines by which apt says what went wrong, in one line."""
    lines = [line.strip() for line in (done.stderr + done.stdout).splitlines()]
    told = [line for line in lines if line.startswith(("E:", "Err:", "W:"))] or lines[-1:]
    return " / ".join(told[:3]) or f"exit status {done.returncode}"


class Apt:
    def __init__(self, options=()):
        if not shutil.which("apt-get"):
            raise Unreachable("apt-get is not there: this needs a Debian system")
        # As root, apt would hand downloads to the user _apt, who may not write into our folders.
        self._options = ["-o", "APT::Sandbox::User=root", *options]

    @classmethod
    def with_fresh_lists(cls, folder: pathlib.Path) -> "Apt":
        for part in ("state/lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        apt = cls(["-o", f"Dir::State={folder}/state", "-o", f"Dir::State::lists={folder}/state/lists",
                   "-o", "Dir::State::status=/var/lib/dpkg/status",
                   "-o", f"Dir::Cache={folder}/cache"])
        done = _run(["apt-get", "-q", *apt._options, "-o", "APT::Update::Error-Mode=any", "update"])
        if done.returncode != 0:
            kind = Unreachable if "Failed to fetch" in done.stderr else DebianError
            raise kind(f"no package lists to be had: {_complaint(done)}")
        return apt

    def candidate(self, package: str) -> str:
        """The version apt would install."""
        done = _run(["apt-cache", *self._options, "policy", package])
        found = re.search(r"^  Candidate: (\S+)$", done.stdout, re.MULTILINE)
        if not found or found.group(1) == "(none)":
            raise NotOffered(f"apt knows no package {package}")
        return found.group(1)

    def kernel_image(self) -> str:
        """The package behind linux-image-amd64: linux-image-6.1.0-56-amd64 or the like."""
        done = _run(["apt-cache", *self._options, "depends", "--important", "linux-image-amd64"])
        found = re.search(r"^ *Depends: (linux-image-[0-9]\S+)$", done.stdout, re.MULTILINE)
        if not found:
            raise NotOffered("apt knows no linux-image-amd64")
        return found.group(1)

    def download(self, package: str, version: str, folder: pathlib.Path) -> pathlib.Path:
        folder.mkdir(parents=True, exist_ok=True)
        before = set(folder.glob("*.deb"))
        done = _run(["apt-get", "-q", *self._options, "download", f"{package}={version}"], cwd=folder)
        new = set(folder.glob("*.deb")) - before
        if done.returncode != 0 or len(new) != 1:
            raise NotOffered(f"cannot download {package} {version}: {_complaint(done)}")
        return new.pop()


def unpack(deb: pathlib.Path, into: pathlib.Path) -> None:
    """Unpacks a package's files below a folder in which bin, sbin and lib are links into usr."""
    for top in ("bin", "sbin", "lib"):
        (into / "usr" / top).mkdir(parents=True, exist_ok=True)
        if not (into / top).is_symlink():
            (into / top).symlink_to(f"usr/{top}")
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as package:
        tar = subprocess.run(["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", into],
                             stdin=package.stdout, stderr=subprocess.PIPE, text=True, check=False)
    if package.returncode != 0 or tar.returncode != 0:
        raise DebianError(f"cannot unpack {deb.name}: {tar.stderr.strip() or 'dpkg-deb failed'}")
