# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds drivers that Debian's kernel leaves out, from Debian's source of the very same version.

    vimc      a raw sensor, debayer and scaler in software, as a media graph
    udmabuf   dma-bufs out of shared memory, without a device

The packages are downloaded and unpacked like the kernel's own; gcc and make are the host's.
"""
import pathlib
import shutil
import subprocess

import debian

VIMC = "drivers/media/test-drivers/vimc"
UDMABUF = "drivers/dma-buf/udmabuf.c"


def packages(release: str) -> list[str]:
    """What to download for a kernel release; all of the kernel's own version."""
    abi, _, flavour = release.rpartition("-")  # 6.1.0-56, amd64
    series = ".".join(release.split(".")[:2])  # 6.1
    return [f"linux-headers-{abi}-common", f"linux-headers-{abi}-{flavour}", f"linux-kbuild-{series}",
            f"linux-source-{series}"]


def build(release: str, debs: list[pathlib.Path], work: pathlib.Path, into: pathlib.Path) -> None:
    """Leaves vimc.ko and udmabuf.ko in `into`. `debs` are those of packages(release), in its order."""
    *headers, source = debs
    for deb in headers:
        debian.unpack(deb, work / "headers")
    # The headers of the flavour name those they share by their place in a system.
    tree = work / "headers/usr/src" / f"linux-headers-{release}"
    makefile = tree / "Makefile"
    makefile.write_text(makefile.read_text(encoding="utf-8").replace(
        "/usr/src/", f"{work}/headers/usr/src/"), encoding="utf-8")

    _unpack_source(source, work)
    vimc = work / "source" / VIMC
    udmabuf = _udmabuf_as_module(work)
    into.mkdir(parents=True)
    for name, folder, setting in (("vimc", vimc, ["CONFIG_VIDEO_VIMC=m"]), ("udmabuf", udmabuf, [])):
        _check(["make", "-s", "-C", tree, f"M={folder}", *setting, "modules"], f"build {name}")
        _check(["strip", "--strip-debug", "-o", into / f"{name}.ko", folder / f"{name}.ko"],
               f"strip {name}")


def _unpack_source(deb: pathlib.Path, work: pathlib.Path) -> None:
    """Takes the two drivers out of the 140 MB archive in linux-source."""
    debian.unpack(deb, work / "linux-source")
    archive = next((work / "linux-source/usr/src").glob("linux-source-*.tar.xz"), None)
    if not archive:
        raise debian.DebianError(f"{deb.name} has no source archive where it used to be")
    top = archive.name.removesuffix(".tar.xz")
    (work / "source").mkdir()
    _check(["tar", "-x", "-C", work / "source", "--strip-components=1", "--use-compress-program=xz -T0",
            "-f", archive, f"{top}/{VIMC}", f"{top}/{UDMABUF}"], "unpack the kernel's source")


def _udmabuf_as_module(work: pathlib.Path) -> pathlib.Path:
    """udmabuf is made to be built in: it asks the kernel for two things that no module can."""
    folder = work / "udmabuf"
    folder.mkdir()
    text = (work / "source" / UDMABUF).read_text(encoding="utf-8")
    for asked, instead in (
            # The seals of a memfd are kept beside its inode.
            ("memfd_fcntl(memfd, F_GET_SEALS, 0)", "SHMEM_I(file_inode(memfd))->seals"),
            # Memory of huge pages is refused, then.
            ("is_file_hugepages(memfd)", "false")):
        if asked not in text:
            raise debian.DebianError(f"udmabuf.c has no {asked} any more: see extra_modules.py")
        text = text.replace(asked, instead)
    (folder / "udmabuf.c").write_text(text + "\nMODULE_IMPORT_NS(DMA_BUF);\n", encoding="utf-8")
    (folder / "Makefile").write_text("obj-m := udmabuf.o\n", encoding="ascii")
    return folder


def _check(command, what: str) -> None:
    if not shutil.which(command[0]):
        raise debian.DebianError(f"cannot {what}: {command[0]} is missing")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise debian.DebianError(f"cannot {what}:\n{(done.stdout + done.stderr).strip()[-2000:]}")
