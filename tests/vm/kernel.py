# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's kernel and the few programs a guest needs, ready in a cache folder.

kernel.ready() returns a Kernel, from the cache where it can. The cache is
${XDG_CACHE_HOME:-~/.cache}/gst-plugins-camera/vm; in it

    KEY/             one for each set of package versions, complete or not there
      vmlinux        what QEMU starts
      layer/         laid over the host's root: modules (vimc and udmabuf too), kmod, udev
      busybox        static; all there is before the root is found
      release        "6.1.0-56-amd64"
    current-RECIPE   the KEY to use
    lock             held by the one who fills it

A KEY is filled under another name and renamed. Kernels nobody uses any more go when a new one comes.
"""
import contextlib
import dataclasses
import fcntl
import hashlib
import lzma
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import debian
import extra_modules

# Raised when the same packages would be unpacked into something else.
RECIPE = 2
# Over the host's root. The kernel's own package comes in front of them.
LAYER = ("kmod", "libkmod2", "udev")
TOOLS = ("busybox-static",)
CURRENT = f"current-{RECIPE}"
APT_LISTS = pathlib.Path("/var/lib/apt/lists")


@dataclasses.dataclass
class Kernel:
    folder: pathlib.Path
    release: str
    # A shared lock on the folder, so that it stays as long as somebody runs it.
    hold: int

    @property
    def image(self) -> pathlib.Path:
        return self.folder / "vmlinux"

    @property
    def layer(self) -> pathlib.Path:
        return self.folder / "layer"

    @property
    def busybox(self) -> pathlib.Path:
        return self.folder / "busybox"

    @property
    def modules(self) -> pathlib.Path:
        return self.layer / "usr/lib/modules" / self.release


@dataclasses.dataclass
class Versions:
    image: str  # the kernel's package
    of: dict[str, str]  # package -> version

    @property
    def release(self) -> str:
        return self.image.removeprefix("linux-image-")

    @property
    def key(self) -> str:
        others = sorted((p, v) for p, v in self.of.items() if p != self.image)
        digest = hashlib.sha256(repr((RECIPE, others)).encode()).hexdigest()[:8]
        return f"linux-{self.release}_{self.of[self.image]}_{digest}"


def cache_folder() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "gst-plugins-camera" / "vm"


def ready() -> Kernel:
    """The kernel of the packages apt offers now. Raises debian.DebianError where there is none."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    found = _current(cache)
    if found and _newer_than_lists(cache / CURRENT):
        return found
    with _locked(cache / "lock"):
        found = _current(cache)  # somebody else may just have done it
        if found and _newer_than_lists(cache / CURRENT):
            return found
        try:
            return _bring_up_to_date(cache)
        except debian.DebianError as error:
            if not found:
                raise
            _say(f"{error}; going on with {found.folder.name}")
            return found


def _say(text: str) -> None:
    print(f"vm: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _locked(path: pathlib.Path):
    with open(path, "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("somebody else is fetching the kernel; waiting for them")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _newer_than_lists(link: pathlib.Path) -> bool:
    """Whether apt's knowledge is older than the choice, so that asking it again is idle."""
    try:
        return link.lstat().st_mtime > APT_LISTS.stat().st_mtime
    except OSError:
        return True


def _open(folder: pathlib.Path) -> Kernel | None:
    try:
        hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    fcntl.flock(hold, fcntl.LOCK_SH)
    try:
        # After the lock: until then it could still be removed.
        release = (folder / "release").read_text(encoding="ascii").strip()
    except OSError:
        os.close(hold)
        return None
    return Kernel(folder, release, hold)


def _current(cache: pathlib.Path) -> Kernel | None:
    try:
        return _open(cache / os.readlink(cache / CURRENT))
    except OSError:
        return None


def _bring_up_to_date(cache: pathlib.Path) -> Kernel:
    # What a run that was killed left behind; we hold the lock.
    for leftover in cache.glob("new-*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix="new-", dir=cache) as name:
        work = pathlib.Path(name)
        try:
            key = _fill(cache, work, debian.Apt())
        except debian.NotOffered as error:
            _say(f"{error}; fetching package lists")
            key = _fill(cache, work, debian.Apt.with_fresh_lists(work / "apt"))
        link = work / CURRENT
        link.symlink_to(key)  # which is where it goes, not where it is
        link.rename(cache / CURRENT)
    _remove_unused(cache, key)
    kernel = _open(cache / key)
    if not kernel:
        raise debian.DebianError(f"{cache / key} was removed while it was made")
    return kernel


def _fill(cache: pathlib.Path, work: pathlib.Path, apt: debian.Apt) -> str:
    """Makes the folder of the versions apt offers, unless it is there. Returns its name."""
    image = apt.kernel_image()
    versions = Versions(image, {p: apt.candidate(p) for p in (image, *LAYER, *TOOLS)})
    target = cache / versions.key
    if (target / "release").exists():
        return versions.key
    _say(f"fetching {image} {versions.of[image]}, its source and {len(versions.of) - 1} small packages")
    new = work / "kernel"
    for part in ("kernel", "tools", "extra", "debs"):  # of an attempt with other lists
        shutil.rmtree(work / part, ignore_errors=True)
    for package in (image, *LAYER):
        debian.unpack(apt.download(package, versions.of[package], work / "debs"), new / "layer")
    for package in TOOLS:
        debian.unpack(apt.download(package, versions.of[package], work / "debs"), work / "tools")
    shutil.copy(work / "tools/usr/bin/busybox", new / "busybox")
    boot = new / "layer/boot"
    (new / "vmlinux").write_bytes(bootable((boot / f"vmlinuz-{versions.release}").read_bytes()))
    shutil.rmtree(boot)
    shutil.rmtree(new / "layer/usr/share")
    extra = [apt.download(package, versions.of[image], work / "debs")
             for package in extra_modules.packages(versions.release)]
    (work / "extra").mkdir()
    extra_modules.build(versions.release, extra, work / "extra",
                        new / "layer/usr/lib/modules" / versions.release / "extra")
    index_modules(new / "layer", versions.release)
    (new / "release").write_text(versions.release + "\n", encoding="ascii")
    if target.exists():
        shutil.rmtree(target)  # half removed
    new.rename(target)
    return versions.key


def bootable(image: bytes) -> bytes:
    """The kernel inside a compressed image: QEMU starts it by its PVH entry, and an emulated
    processor is spared unpacking it, which takes longer than everything else. Other compressions
    than xz stay as they are, which works too.

    Offsets: Documentation/arch/x86/boot.rst in the kernel's source.
    """
    sectors = image[0x1F1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start:start + length]
    if not payload.startswith(b"\xfd7zXZ\0"):
        return image
    try:
        return lzma.LZMADecompressor().decompress(payload)
    except lzma.LZMAError as error:
        raise debian.DebianError(f"cannot unpack the kernel's image: {error}") from error


def index_modules(layer: pathlib.Path, release: str) -> None:
    # kmod is one program under several names; argv[0] says which.
    done = subprocess.run(["depmod", "-b", layer, release], executable=layer / "usr/bin/kmod",
                          env={"LD_LIBRARY_PATH": str(layer / "usr/lib/x86_64-linux-gnu")},
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise debian.DebianError(f"depmod failed: {done.stderr.strip()}")


def _remove_unused(cache: pathlib.Path, keep: str) -> None:
    for folder in cache.glob("linux-*"):
        if folder.name == keep:
            continue
        hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / "release").unlink(missing_ok=True)  # from here on nobody takes it for whole
            shutil.rmtree(folder)
        except BlockingIOError:
            pass  # somebody runs it; the next one to fetch a kernel removes it
        finally:
            os.close(hold)
