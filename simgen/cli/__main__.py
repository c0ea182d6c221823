"""`python -m simgen.cli`."""

import sys

from simgen.cli import main

sys.exit(main())
