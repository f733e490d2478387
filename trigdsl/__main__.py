"""`python -m trigdsl` → the same as `trig`."""

import sys

from trigdsl.cli import main

sys.exit(main())
