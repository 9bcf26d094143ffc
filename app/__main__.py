"""The command line: `python -m app serve`, and everything else that whoever runs the server needs."""

from __future__ import annotations

import sys

from app.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
