"""`python -m dedup` and the `dedup` command."""

from dedup.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
