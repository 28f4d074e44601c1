# SPDX-License-Identifier: LGPL-2.1-or-later
"""One run of a virtual machine: starts QEMU, hands a job to the guest, passes its output on.

Nothing is written to disk: the first root is a memory file, and console, output and reports are
pipes. QEMU dies with this process, whatever ends it. So a run leaves nothing, even when killed.

The guest reports on a port of its own, a line each (guest/session):
    started SECONDS     since its kernel started; the command runs from here
    ended STATUS        the command's exit status
    failed TEXT         the command was not started
"""
import dataclasses
import os
import pathlib
import re
import selectors
import shlex
import shutil
import subprocess
import sys
import time

import cpio
import kernel as kernels

GUEST = pathlib.Path(__file__).parent / "guest"
# What leads to the root and to the ports; modules.dep says what these need.
FIRST_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console")
# Variables that name something of the host's session, which the guest cannot reach.
HOST_ONLY = {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "SSH_AGENT_PID", "SSH_AUTH_SOCK", "WAYLAND_DISPLAY",
             "XAUTHORITY", "XDG_RUNTIME_DIR", "_"}
COMPLAINT = re.compile(rb"BUG:|Oops|WARNING: |Kernel panic|general protection|soft lockup|Call Trace")
CONSOLE_KEPT = 1 << 20

TIMED_OUT, DIED = 124, 125


class MachineError(Exception):
    """The machine cannot be started."""


@dataclasses.dataclass
class Job:
    command: list[str]
    modules: list[str] = dataclasses.field(default_factory=list)  # "vivid n_devs=2"
    shares: list[pathlib.Path] = dataclasses.field(default_factory=list)
    udev: bool = True
    timeout: float = 300
    memory: str = "2G"
    processors: int | None = None
    kernel_parameters: list[str] = dataclasses.field(default_factory=list)
    verbose: bool = False


def can_use_kvm() -> bool:
    """/dev/kvm alone does not tell: inside a paravirtual KVM it runs only kernels made for that."""
    if not os.access("/dev/kvm", os.W_OK):
        return False
    return bool(re.search(r"\b(vmx|svm)\b", pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii")))


def first_root(kernel: kernels.Kernel, job: Job) -> bytes:
    """The archive the guest's kernel starts from: busybox, modules, guest/ and the job."""
    archive = cpio.Archive()
    archive.file("bin/busybox", kernel.busybox.read_bytes(), executable=True)
    archive.file("init", (GUEST / "init").read_bytes(), executable=True)
    archive.file("session", (GUEST / "session").read_bytes())
    order = modules_in_order(kernel, FIRST_MODULES)
    for path in order:
        archive.file(f"modules/{path.name}", path.read_bytes())
    archive.file("modules/order", lines(path.name for path in order))
    archive.file("job/command", command_script(job.command))
    archive.file("job/modules", lines(job.modules))
    archive.file("job/shares", lines(f"share{i} {folder}" for i, folder in enumerate(job.shares)))
    if job.udev:
        archive.file("job/udev", b"")
    return archive.finish()


def lines(texts) -> bytes:
    return "".join(text + "\n" for text in texts).encode()


def modules_in_order(kernel: kernels.Kernel, names) -> list[pathlib.Path]:
    """The files of modules and of all they need, each behind what it needs."""
    needs = {}
    for line in (kernel.modules / "modules.dep").read_text(encoding="ascii").splitlines():
        path, _, others = line.partition(":")
        needs[path] = others.split()
    by_name = {pathlib.Path(path).name.removesuffix(".ko").replace("-", "_"): path for path in needs}
    order = []
    for name in names:
        if name not in by_name:
            raise MachineError(f"the kernel {kernel.release} has no module {name}")
        path = by_name[name]
        # modules.dep lists what a module needs with the deepest last.
        order += [p for p in (*reversed(needs[path]), path) if p not in order]
    return [kernel.modules / path for path in order]


def command_script(command: list[str]) -> bytes:
    """What the guest's shell runs: our environment, our folder, the command."""
    script = [f"export {name}={shlex.quote(value)}" for name, value in os.environ.items()
              if name.isidentifier() and name not in HOST_ONLY]
    script.append(f"cd {shlex.quote(os.getcwd())} || exit 126")
    script.append(f"exec {shlex.join(command)}")
    return os.fsencode("\n".join(script) + "\n")


def qemu_command(kernel: kernels.Kernel, job: Job, fds: dict[str, int]) -> list[str]:
    if can_use_kvm():
        processor = ["-accel", "kvm", "-cpu", "host", "-smp", str(job.processors or 2)]
    else:
        # Emulated AVX is slow, and GStreamer would choose it. RDRAND spares a second of gathering
        # randomness. One thread: with several QEMU 7.2 now and then runs stale code where the kernel
        # patches itself, and the guest hangs.
        processor = ["-accel", "tcg,thread=single,tb-size=512", "-cpu", "Nehalem,+rdrand",
                     "-smp", str(job.processors or 1)]
    parameters = ["console=ttyS0", "panic=-1", "nokaslr", "mitigations=off", "random.trust_cpu=on",
                  "clocksource=hpet", "no_timer_check", "cryptomgr.notests", "8250.nr_uarts=1",
                  "lsm=landlock,yama", f"loglevel={7 if job.verbose else 5}", *job.kernel_parameters]
    command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
               "-display", "none", "-machine", "q35", "-m", job.memory, *processor,
               "-kernel", str(kernel.image), "-initrd", f"/proc/self/fd/{fds['root']}",
               "-append", " ".join(parameters)]
    for name in ("console", "out", "err", "report"):
        command += ["-chardev", f"file,id={name},path=/proc/self/fd/{fds[name]}"]
    command += ["-serial", "chardev:console", "-device", "virtio-serial-pci"]
    for number, name in enumerate(("out", "err", "report"), start=1):
        command += ["-device", f"virtserialport,chardev={name},nr={number}"]
    shares = [("host", "/", ",readonly=on"), ("layer", kernel.layer, ",readonly=on")]
    shares += [(f"share{i}", folder, "") for i, folder in enumerate(job.shares)]
    for tag, folder, access in shares:
        path = str(folder).replace(",", ",,")
        command += ["-fsdev", f"local,id={tag},path={path},security_model=none,multidevs=remap{access}",
                    "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
    return command


class Run:
    """The life of one machine; `status` is what the runner exits with."""

    def __init__(self, kernel: kernels.Kernel, job: Job):
        self._job = job
        self._console = bytearray()
        self._qemu_errors = bytearray()
        self._reports = bytearray()
        self._started = time.monotonic()
        self._timed_out = False
        self._readers = selectors.DefaultSelector()
        self._qemu = self._start(kernel)

    def _start(self, kernel: kernels.Kernel) -> subprocess.Popen:
        if not shutil.which("qemu-system-x86_64"):
            raise MachineError("qemu-system-x86_64 is missing: install the package qemu-system-x86")
        takers = {"console": self._take_console, "err": lambda data: os.write(2, data),
                  "out": self._take_output, "report": self._reports.extend}
        fds = {"root": os.memfd_create("first-root")}
        try:
            with open(fds["root"], "wb", closefd=False) as root:
                root.write(first_root(kernel, self._job))
            for name, take in takers.items():
                reader, fds[name] = os.pipe()
                self._readers.register(reader, selectors.EVENT_READ, take)
            # setpriv: QEMU ends when we do, even by SIGKILL.
            qemu = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *qemu_command(kernel, self._job, fds)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                pass_fds=list(fds.values()))
        finally:
            for fd in fds.values():
                os.close(fd)
        self._readers.register(qemu.stdout.fileno(), selectors.EVENT_READ, self._qemu_errors.extend)
        return qemu

    def _take_console(self, data: bytes) -> None:
        self._console += data
        del self._console[:-CONSOLE_KEPT]
        if self._job.verbose:
            os.write(2, data)

    @staticmethod
    def _take_output(data: bytes) -> None:
        while data:
            data = data[os.write(1, data):]

    def finish(self) -> int:
        """Passes the output on until the machine is off; returns the runner's exit status."""
        try:
            self._pass_on()
        finally:
            self._qemu.kill()
            self._qemu.wait()
            self._qemu.stdout.close()
        return self._status()

    def _pass_on(self) -> None:
        deadline = self._started + self._job.timeout
        while self._readers.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                self._timed_out = True
                return
            for key, _ in self._readers.select(left):
                data = os.read(key.fd, 1 << 16)
                if data:
                    key.data(data)
                else:
                    self._readers.unregister(key.fd)

    def _status(self) -> int:
        reports = dict(line.partition(" ")[::2] for line in
                       self._reports.decode(errors="replace").splitlines())
        complaint = COMPLAINT.search(self._console)
        if self._job.verbose:
            self._say(f"{time.monotonic() - self._started:.1f} s in all, the command started "
                      f"{reports.get('started', '-')} s after the kernel")
        elif complaint:
            self._say("the kernel complained:")
            self._show(self._console[complaint.start():].splitlines()[:30])
        if "ended" in reports:
            return int(reports["ended"])
        if "failed" in reports:
            self._say(reports["failed"])
            return DIED
        if not self._job.verbose and not complaint:
            self._show(self._console.splitlines()[-25:])
        self._show(self._qemu_errors.splitlines()[-10:])
        if self._timed_out:
            self._say(f"no end after {self._job.timeout:g} s")
            return TIMED_OUT
        self._say("the machine ended and the command had not")
        return DIED

    @staticmethod
    def _say(text: str) -> None:
        print(f"vm: {text}", file=sys.stderr, flush=True)

    @staticmethod
    def _show(shown) -> None:
        for line in shown:
            print("  " + bytes(line).decode(errors="replace").rstrip(), file=sys.stderr)
