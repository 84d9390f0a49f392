"""What all tests of Spark jobs find: the root of the checkout on the module path."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
