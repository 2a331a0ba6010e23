"""Where machine code is kept: a file for each entry and signature.

It lies below NUMBA_CACHE_DIR if that is set, else beside the package or in the user's cache folder. What was compiled
from other sources, for another processor or by another Numba lies in another folder.
"""

import contextlib
import os
import pickle
import secrets
import shutil
import sys
import tempfile
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import llvmlite
import numba
import xxhash
from llvmlite import binding
from numba import _dynfunc
from numba.core import config
from numba.core.bytecode import FunctionIdentity
from numba.core.lowering import Environment
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys
from numba.misc.appdirs import AppDirs

UNKEPT = (
    "compiled kernels cannot be kept: no cache folder can be written, so each process compiles them anew; "
    "set NUMBA_CACHE_DIR to a folder that can be written"
)
PACKAGE = Path(__file__).parent.parent
_FOLDERS_KEPT = 4  # two versions of Python on two processors
_DIGEST = 16


_environments: dict[str, Environment] = {}


def name_apart() -> None:
    """Let this process give its functions names of its own.

    Numba numbers them from 1 in each process, and code from several processes is linked into one: of two functions of
    one name the first would be called for both.
    """
    FunctionIdentity._unique_ids = count(secrets.randbits(48))  # noqa: SLF001 - the same


@dataclass(frozen=True, slots=True)
class Place:
    """Where the machine code of one signature of an entry is kept.

    Attributes:
        function: the entry's Python function.
        number: which of the signatures that its annotations stand for.
    """

    function: Callable[..., Any]
    number: int

    @property
    def filled(self) -> bool:
        """Whether the machine code is there."""
        return self._data() is not None

    def load(self) -> Any | None:
        """Return the compiled function, or None if it is not there or is damaged."""
        data = self._data()
        return None if data is None else _loaded(self.function, *pickle.loads(data))  # noqa: S301 - the user's own folder

    def save(self, result: Any) -> None:
        """Keep the result of a compilation; if no folder can be written, warn of it once."""
        folder = writable()
        if folder is None:
            _warn()
        else:
            data = pickle.dumps(_reduced(result), protocol=5)
            try:
                _replace(folder / self._name, self._digest(data) + data)
            except OSError:
                _warn()

    def _data(self) -> bytes | None:
        """Return what was kept, or None if it is not there, cannot be read, is damaged or another entry's."""
        for folder in _folders():
            with contextlib.suppress(OSError):
                data = (folder / self._name).read_bytes()
                if self._digest(data[_DIGEST:]) == data[:_DIGEST]:
                    return data[_DIGEST:]
        return None

    def _digest(self, data: bytes) -> bytes:
        return xxhash.xxh3_128_digest(self._name.encode() + data)

    @property
    def _name(self) -> str:
        return f"{self.function.__module__}.{self.function.__name__}.{self.number}{_own_stamp(self.function)}"


def writable() -> Path | None:
    """Return the folder in which machine code is kept from now on, or None if none can be written."""
    for folder in _folders():
        with contextlib.suppress(OSError):
            if not folder.exists():
                folder.mkdir(parents=True)
                _forget_oldest(folder)
            tempfile.TemporaryFile(dir=folder).close()
            return folder
    return None


def borrow_folder() -> None:
    """Keep machine code in a temporary folder for as long as this process lives, its children's too.

    If there is none either, each process keeps its own in memory.
    """
    with contextlib.suppress(OSError):
        folder = tempfile.TemporaryDirectory(prefix="dedup-kernels-")
        weakref.finalize(_folders, folder.cleanup)  # at the end of the process: the function lives as long
        config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = folder.name
        _folders.cache_clear()


@cache
def sources() -> dict[str, bytes]:
    """Return the modules of the package that have kernels or compile them, by name, and their source."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if path.parent == PACKAGE / "kernels" or b"\n@kernel\n" in source or b"\n@entry\n" in source:
            found[".".join((PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts))] = source
    return found


@cache
def _folders() -> list[Path]:
    """Return the folders in which machine code may lie, the first one that can be written is written to."""
    codegen = cpu_target.target_context.codegen()
    versions = numba.__version__, llvmlite.__version__, sys.implementation.cache_tag
    options = config.OPT, config.LOOP_VECTORIZE, config.SLP_VECTORIZE, config.BOUNDSCHECK, config.DEBUGINFO_DEFAULT
    facts = xxhash.xxh3_128(repr((versions, codegen.magic_tuple(), options)).encode())
    for module, source in sources().items():
        facts.update(module.encode() + source)
    name = f"resembles-{facts.hexdigest()}"
    if config.CACHE_DIR:
        return [Path(config.CACHE_DIR) / name]
    return [PACKAGE / "__pycache__" / name, Path(AppDirs("resembles", appauthor=False).user_cache_dir) / name]


@cache
def _own_stamp(function: Callable[..., Any]) -> str:
    """Return a hash of the file that an entry outside the package is in: `sources` has not got it."""
    path = Path(function.__code__.co_filename)
    return "" if path.is_relative_to(PACKAGE) else f"-{xxhash.xxh3_64_hexdigest(path.read_bytes())}"


@cache
def _warn() -> None:
    warnings.warn(UNKEPT, RuntimeWarning, stacklevel=1)  # once: Numba makes Python forget what it has warned of


def _forget_oldest(folder: Path) -> None:
    """Delete what the last few sources, processors and versions but these have left beside `folder`."""
    others = sorted(folder.parent.glob("resembles-*"), key=lambda path: path.stat().st_mtime)
    for path in others[:-_FOLDERS_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def _replace(path: Path, data: bytes) -> None:
    """Write a file that no other process ever sees in part."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).chmod(0o644)  # what root compiles beside the package serves everybody
    Path(file.name).replace(path)


def _reduced(result: Any) -> tuple[Any, ...]:
    """Return the machine code of a compilation, and what it needs: of Numba's bitcode, for inlining, only a stub."""
    name, kind, (code, _) = result.library.serialize_using_object_code()
    wrapper = result.fndesc.llvm_cpython_wrapper_name
    stub = binding.parse_assembly(f'define void @"{wrapper}"() {{ ret void }}').as_bitcode()
    environments = [result.environment, *result._find_referenced_environments()]  # noqa: SLF001 - the same
    return (name, kind, (code, stub)), wrapper, [(one.env_name, one.consts) for one in environments]


def _loaded(
    function: Callable[..., Any], library: tuple[Any, ...], wrapper: str, environments: list[tuple[str, list[Any]]]
) -> Any:
    """Return machine code as a function that Python can call, without setting up the compiler."""
    context = cpu_target.target_context
    rtsys.initialize(context)
    linked = context.codegen().unserialize_library(library)
    kept = [_environment(function, *one) for one in environments]
    for environment in kept:
        linked.codegen.set_env(environment.env_name, environment)
    return _dynfunc.make_function(
        sys.modules[function.__module__],
        function.__name__,
        function.__doc__ or "",
        linked.get_pointer_to_function(wrapper),
        kept[0],
        (linked, *kept),
    )


def _environment(function: Callable[..., Any], name: str, constants: list[Any]) -> Environment:
    """Return the table of constants of that name: machine code finds it by its name, so each is made once."""
    if name not in _environments:
        _environments[name] = environment = Environment(function.__globals__)
        environment.env_name = name
        environment.consts[:] = constants
    return _environments[name]
