"""How many small faults the tests notice, in the rooms that decide what an answer is: `make mutate`.

A mutant is the package with one fault: a comparison, an operator, a condition or a whole number changed, a result left
out, a statement deleted. A sample of each room, drawn from a seed, is run against the room's tests that name the
module, or all of them if none does. Kernels of the room run as plain Python, which takes seconds where compiling takes
a minute; mutants that survive are run again, compiled, against all tests of the room. Constants of a module are left
alone: measurements chose them. So are messages, types and decorators: they decide no answer.
"""

import argparse
import ast
import contextlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import datasketch  # noqa: F401 - imported once, before the processes part
import numba  # noqa: F401 - the same
import numpy as np
import pytest
import redis  # noqa: F401 - the same

ROOT = Path(__file__).parents[1]
COPIED = ("dedup", "service", "tests", "benchmarks", "seeds", "deploy")
AT_ONCE, BROKEN = 2, 70
CPU, CPU_COMPILED = 45, 240  # seconds, three times what tests of a module, of a room take: a fault may loop
SLOW = "not slow and not trust"


@dataclass(frozen=True)
class Room:
    """What is mutated, how many mutants are drawn, and the tests that should notice.

    Attributes:
        quick: expression for pytest's -k that leaves out what is too slow for plain Python, or not about the room.
        full: the same, for the tests of what survived that.
    """

    paths: tuple[str, ...]
    mutants: int
    tests: tuple[str, ...]
    quick: str
    full: str = ""


ROOMS = {
    "align": Room(("dedup/align",), 75, ("tests/align",), "not linear and not longer_than_the_exact_limit"),
    "search": Room(("dedup/search",), 75, ("tests/search",), "not unread and not dead and not ruled_out"),
    "codecs": Room(
        ("dedup/stores/codec.py", "dedup/stores/redis/records.py", "dedup/record.py", "dedup/admission.py"),
        *(70, ("tests/stores", "tests/test_record.py", "tests/test_admission.py", "tests/contract/test_store.py")),
        *("not postings and not lmdb and not test_store", "not cluster and not sentinel and not valkey and not opened"),
    ),
}

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


class Mutator(ast.NodeTransformer):
    """Counts the places where a module can be mutated, and mutates the one with number `target`."""

    def __init__(self, target: int = -1) -> None:
        """Mutate nothing by default."""
        self.target, self.places, self.line = target, 0, 0

    def here(self, line: int) -> bool:
        """Count a place; return whether it is the one."""
        self.places += 1
        if self.places - 1 == self.target:
            self.line = line
        return self.places - 1 == self.target

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """Mutate functions and classes."""
        for one in node.body:
            if isinstance(one, ast.FunctionDef | ast.ClassDef):
                self.visit(one)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Mutate the body and the defaults, not the types."""
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Mutate the body, not the decorators: whether a class has slots decides no answer."""
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Mutate the value, not the type."""
        node.value = node.value and self.visit(node.value)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Leave messages alone."""
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Change each comparison."""
        self.generic_visit(node)
        node.ops = [SWAPS[type(one)]() if self.here(node.lineno) else one for one in node.ops]  # type: ignore[misc]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Change an operator."""
        return self._swapped(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Change and to or."""
        return self._swapped(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """Change the operator, or leave the statement out."""
        return self.visit_Break(self._swapped(node))

    def _swapped(self, node: ast.BinOp | ast.BoolOp | ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) in SWAPS and self.here(node.lineno):
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Change a whole number by one, true to false."""
        if isinstance(node.value, int) and self.here(node.lineno):
            node.value = not node.value if isinstance(node.value, bool) else node.value + 1
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        """Turn a condition round."""
        self.generic_visit(node)
        if self.here(node.lineno):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    visit_IfExp = visit_If  # noqa: N815 - the name that ast looks for

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Return nothing, where something is returned."""
        self.generic_visit(node)
        something = node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None)
        if something and self.here(node.lineno):
            node.value = ast.Constant(None)
        return node

    def visit_Break(self, node: ast.AST) -> ast.AST:
        """Leave a statement out."""
        self.generic_visit(node)
        line = getattr(node, "lineno", 0)
        return ast.copy_location(ast.Pass(), node) if self.here(line) else node

    visit_Continue = visit_Raise = visit_Break  # noqa: N815 - the same

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Leave a call out; a docstring is none."""
        return node if isinstance(node.value, ast.Constant) else self.visit_Break(node)


@dataclass
class Mutant:
    """A fault: the place of that number in a module of a room.

    Attributes:
        path: the module, below the root.
        place: which of its places.
    """

    room: Room
    path: str
    place: int

    def tests(self, whole: Path, *, near: bool) -> list[str]:
        """Return the room's tests, the shortest file first; if near ones are asked for, those that name the module."""
        module = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        files = [whole / one for one in self.room.tests]
        files = [one for each in files for one in ([each] if each.suffix else sorted(each.glob("test_*.py")))]
        texts = {str(one.relative_to(whole)): one.read_text(encoding="utf-8") for one in files}
        own = f"test_{module.rpartition('.')[2]}.py"
        named = [file for file, text in texts.items() if near and (f"{module} import" in text or file.endswith(own))]
        return sorted(named or texts, key=lambda file: len(texts[file]))

    def source(self, whole: Path) -> tuple[str, str]:
        """Return the module with the fault, and what is different from the `whole` project."""
        source, mutator = (whole / self.path).read_text(encoding="utf-8"), Mutator(self.place)
        after = ast.unparse(mutator.visit(ast.parse(source)))
        lines = zip(ast.unparse(ast.parse(source)).splitlines(), after.splitlines(), strict=False)
        old, new = next((old.strip(), new.strip()) for old, new in lines if old != new)
        return after, f"{self.path}:{mutator.line}  {old}  ->  {new}"


def sample(room: Room, seed: int, whole: Path) -> list[Mutant]:
    """Return some of the mutants of a room."""
    modules = sorted(
        one for path in room.paths for one in ([whole / path] if path.endswith(".py") else (whole / path).glob("*.py"))
    )
    every = list[Mutant]()
    for module in modules:
        counter = Mutator()
        counter.visit(ast.parse(module.read_text(encoding="utf-8")))
        every += [Mutant(room, str(module.relative_to(whole)), place) for place in range(counter.places)]
    return random.Random(seed).sample(every, min(room.mutants, len(every)))


def prepare(room: Room, site: Path, *, interpreted: bool) -> None:
    """Keep the machine code of what is not mutated, and leave the room's kernels as Python if they are interpreted."""
    from dedup import kernels  # noqa: PLC0415 - from the copy
    from dedup.kernels import cache, compiled  # noqa: PLC0415 - the same

    cache.sources = dict
    modules = tuple(path.removesuffix(".py").replace("/", ".") for path in room.paths)
    for kept in site.glob("dedup/__pycache__/resembles-*/*"):
        if kept.name.startswith((*modules, "tests.")):
            kept.unlink()
    if interpreted:
        compiled.Kernel.__call__ = lambda self, *arguments: self.py_func(*arguments)
        for name in ("kernel", "entry"):
            compile_it = getattr(kernels, name)
            setattr(kernels, name, lambda f, c=compile_it: f if f.__module__.startswith((*modules, "tests.")) else c(f))
        np.seterr(over="ignore")  # hashes wrap around


def tested(site: Path, room: Room, tests: Sequence[str], *, quick: bool) -> int:
    """Start a process that runs a room's tests in a copy of the project; return its id."""
    if child := os.fork():
        return child
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU) if quick else (CPU_COMPILED, CPU_COMPILED))
        os.chdir(site)
        sys.path[:0] = [str(site), str(site / "tests")]
        with (site / "log").open("w") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        prepare(room, site, interpreted=quick)
        chosen = room.quick if quick else room.full
        os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", SLOW, "-k", chosen, *tests]))
    except BaseException:  # noqa: BLE001 - nothing of the parent's is to run here
        traceback.print_exc()
        os._exit(BROKEN)


def held(room: Room, whole: Path, sites: list[Path], *, quick: bool) -> None:
    """Make sure that the tests pass where there is no fault; the copies get what they compile."""
    _, status = os.waitpid(tested(whole, room, room.tests, quick=quick), 0)
    if status:
        raise RuntimeError((whole / "log").read_text())
    for site in sites:
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(whole, site)


def survivors(mutants: list[Mutant], whole: Path, sites: list[Path], *, quick: bool) -> Iterator[Mutant]:
    """Run the tests against each mutant, some at a time, and yield those that no test notices."""
    running, left, free = dict[int, tuple[Mutant, Path, str]](), mutants[::-1], list(sites)
    while left or running:
        if left and free:
            mutant, site = left.pop(), free.pop()
            source, said = mutant.source(whole)
            (site / mutant.path).write_text(source, encoding="utf-8")
            running[tested(site, mutant.room, mutant.tests(whole, near=quick), quick=quick)] = mutant, site, said
            continue
        child, status = os.wait()
        mutant, site, said = running.pop(child)
        if os.waitstatus_to_exitcode(status) in (
            pytest.ExitCode.USAGE_ERROR,
            pytest.ExitCode.NO_TESTS_COLLECTED,
            BROKEN,
        ):
            raise RuntimeError((site / "log").read_text())
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # servers that its tests started
        shutil.copy(whole / mutant.path, site / mutant.path)
        free.append(site)
        print("survived" if status == 0 else "killed  ", said, flush=True)
        if status == 0:
            yield mutant


def main() -> None:
    """Print each mutant with what became of it, then the score of each room."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", help="rooms to mutate, by default all")
    parser.add_argument("--most", type=int, help="mutants of a room at most")
    parser.add_argument("--only", default="", help="run mutants again whose line in the report contains this")
    parser.add_argument("--seed", type=int, default=1, help="which mutants are drawn")
    given = parser.parse_args()
    os.environ["CI"] = "1"  # Hypothesis then draws the same in each run
    with tempfile.TemporaryDirectory() as folder:
        whole, *sites = (Path(folder) / str(place) for place in range(AT_ONCE + 1))
        for name in COPIED:
            shutil.copytree(ROOT / name, whole / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "LICENSE"):
            shutil.copy(ROOT / file, whole)
        for name in given.rooms or ROOMS:
            room = ROOMS[name]
            mutants = sample(room, given.seed, whole)[: given.most]
            mutants = [one for one in mutants if given.only in one.source(whole)[1]]
            held(room, whole, sites, quick=True)
            suspects = list(survivors(mutants, whole, sites, quick=True))
            print(f"{name}: {len(suspects)} of {len(mutants)} are run again, compiled, against all tests", flush=True)
            held(room, whole, sites, quick=False)
            killed = len(mutants) - len(list(survivors(suspects, whole, sites, quick=False)))
            print(f"{name}: {len(mutants)} mutants, {killed} killed, {killed / len(mutants):.1%}", flush=True)


if __name__ == "__main__":
    sys.dont_write_bytecode = True  # two mutants of a second could be taken for each other
    main()
