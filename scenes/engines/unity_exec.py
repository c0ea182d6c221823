"""Becomes the program that it is given, which then ends with the process that started it, however that ends.

Run as a script: `unity_exec.py PARENT_PID PROGRAM ARGUMENT...`. The job that starts Unity may be killed at
any time, and Unity does not look; Linux does. (It looks at the *thread* that started it, which here is a
job's main thread.)
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h; stays set in the program that this process becomes."""


def main() -> None:
    """Becomes the program on the command line."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:  # else it died before Linux was asked
        os.execv(command[0], command)


if __name__ == "__main__":
    main()
