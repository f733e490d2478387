"""Puts `tests` on the path, so that the definition of the language can be imported from here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
