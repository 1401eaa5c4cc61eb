"""Which process works on a run, told apart from a later one that got the same number.

A process number alone says nothing after a reboot or a wrap-around; the number, the
moment the process started and the identity of the boot together do.
"""

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ProcessIdentity:
    """One process of one boot of one machine.

    Attributes:
        pid: process number.
        started: moment of its start in the system's own form (clock ticks since boot on Linux).
        boot: identity of the boot.
        host: name of the machine.
    """

    pid: int
    started: str
    boot: str
    host: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """Return the identity of a living process, None when there is none."""
        started = process_start(pid)
        return None if started is None else cls(pid, started, boot_id(), platform.node())

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "ProcessIdentity":
        """Read back what `to_dict` wrote."""
        return cls(int(record["pid"]), record["started"], record["boot"], record["host"])

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON holds them."""
        return asdict(self)

    @property
    def here(self) -> bool:
        """Whether this machine is the one the process runs or ran on."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs on this machine."""
        return self.boot == boot_id() and process_start(self.pid) == self.started


def boot_id() -> str:
    """Identify the present boot of this machine."""
    linux = Path("/proc/sys/kernel/random/boot_id")
    if linux.exists():
        return linux.read_text().strip()
    return _output("sysctl", "-n", "kern.boottime")


def process_start(pid: int) -> str | None:
    """Return when a process started; None when it is gone or has ended unreaped."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    told = _output("ps", "-o", "stat=,lstart=", "-p", str(pid))
    return None if not told or told.startswith("Z") else told.partition(" ")[2].strip()


def me() -> ProcessIdentity:
    """Return the identity of the calling process."""
    identity = ProcessIdentity.of(os.getpid())
    assert identity is not None
    return identity


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
