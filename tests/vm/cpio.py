# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes an archive the kernel takes for its first root: cpio in the "newc" format.

The format: Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's source.
"""


class Archive:
    _DIRECTORY, _FILE = 0o040755, 0o100000

    def __init__(self):
        self._out = bytearray()
        self._entries = 0
        self._folders = set()

    def folder(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent:
            self.folder(parent)
        if path not in self._folders:
            self._folders.add(path)
            self._entry(path, self._DIRECTORY, b"")

    def file(self, path: str, content: bytes, executable: bool = False) -> None:
        parent = path.rpartition("/")[0]
        if parent:
            self.folder(parent)
        self._entry(path, self._FILE | (0o755 if executable else 0o644), content)

    def finish(self) -> bytes:
        self._entry("TRAILER!!!", 0, b"")
        return bytes(self._out)

    def _entry(self, path: str, mode: int, content: bytes) -> None:
        self._entries += 1
        name = path.encode() + b"\0"
        # inode, mode, uid, gid, links, mtime, size, device and rdevice (two each), name, checksum
        fields = (self._entries, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        self._out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self._pad()
        self._out += content
        self._pad()

    def _pad(self) -> None:
        self._out += bytes(-len(self._out) % 4)
