"""Confinement: what a process that runs a stranger's query can no longer do.

The engine has no limits of its own, and follows SERVICE and LOAD to any machine, so the
operating system draws the line. On systems other than Linux the limits of POSIX hold,
and the inspection of the request alone keeps it from the network.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys

__all__ = ["confine"]

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# Classic BPF, as `man 2 seccomp` and `linux/filter.h` define it.
_LOAD_WORD = 0x20
_JUMP_IF_EQUAL = 0x15
_JUMP_IF_AT_LEAST = 0x35
_RETURN = 0x06
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | 13  # errno EACCES
_KILL = 0x80000000
_ARCHITECTURE_OFFSET = 4
_X32 = 0x40000000
# `linux/audit.h`; and the numbers of execve, execveat, ptrace, io_uring_setup and
# process_vm_writev; of socket, connect, bind, listen, accept and accept4.
_MACHINES = {
    "x86_64": (0xC000003E, (59, 322, 101, 425, 311), (41, 42, 49, 50, 43, 288)),
    "aarch64": (0xC00000B7, (221, 281, 117, 425, 271), (198, 203, 200, 201, 202, 242)),
}


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def confine(*, memory: int, network: bool = False) -> None:
    """Bind this process, for good, to what evaluating one query needs.

    It ends with its parent, has `memory` bytes for itself (a breach aborts it), leaves
    no core file and starts no program. Without `network` it can open no socket.

    The limit is RLIMIT_DATA: that of the address space would count the mapped files of
    the store, whose size says nothing about the query.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        parent = os.getppid()
        _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before the call.
        if os.getppid() != parent:
            os._exit(0)
        # Its memory holds other people's queries: no process may look into it.
        _control(_PR_SET_DUMPABLE, 0)
        _control(_PR_SET_NO_NEW_PRIVS, 1)
        if platform.machine() in _MACHINES:
            architecture, never, sockets = _MACHINES[platform.machine()]
            refused = never if network else never + sockets
            _refuse_system_calls(architecture, refused)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _refuse_system_calls(architecture: int, refused: tuple[int, ...]) -> None:
    """Let the calls of these numbers fail as forbidden, and every other pass."""
    count = len(refused)
    steps = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, 0),
        # Numbers from here on are those of the x32 interface: the same calls again.
        (_JUMP_IF_AT_LEAST, count + 1, 0, _X32),
        *(
            (_JUMP_IF_EQUAL, count - index, 0, number)
            for index, number in enumerate(refused)
        ),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    _control(
        _PR_SET_SECCOMP,
        _SECCOMP_MODE_FILTER,
        ctypes.byref(_Filter(len(steps), program)),
    )


def _control(operation: int, *arguments: object) -> None:
    """Call `prctl`; what the kernel refuses is an error, since it would be a hole."""
    library = ctypes.CDLL(None, use_errno=True)
    padded = [*arguments, *[0] * (4 - len(arguments))]
    wide = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in padded]
    if library.prctl(operation, *wide) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {operation}: {os.strerror(number)}")
