"""A script that becomes another program and makes Linux kill that program when its parent process ends.

Usage: `exec.py PARENT_PID PROGRAM ARGUMENT...`. The job that starts Unity may be killed at any time, and
Unity itself does not notice. Linux sends the signal when the *thread* that started the process ends; here
that is the main thread of the job.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h. It stays set in the program that this process becomes."""


def main() -> None:
    """Becomes the program on the command line."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:  # otherwise the parent ended before prctl was called
        os.execv(command[0], command)


if __name__ == "__main__":
    main()
