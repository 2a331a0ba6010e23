"""The options that jobs share."""

import argparse
from pathlib import Path

from benchmarks.texts.articles import data_folder


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=data_folder(), help="evaluation texts; default: RESEMBLES_EVAL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    return parser
