"""`python -m dedup` and the `dedup` command."""

import sys
from pathlib import Path

if __name__ == "__main__" and not sys.flags.safe_path and Path(sys.path[0]) != Path(__file__).parents[1]:
    del sys.path[0]  # `python -m` looks in the working folder first: a folder `service` there is the user's

from dedup.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
