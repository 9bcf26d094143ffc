"""`python -m tools.dav_suites`."""

from __future__ import annotations

import sys

from tools.dav_suites import main

raise SystemExit(main(sys.argv[1:]))
