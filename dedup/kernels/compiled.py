"""Kernels, which become part of the entries that call them, and entries, whose machine code is kept.

Numba's own cache is not used: before it loads anything it sets up the whole compiler, SciPy included where that is
installed, and it keeps each inner function for itself (docs/adr/0009-machine-code.md).
"""

from collections.abc import Callable
from functools import cached_property, lru_cache, wraps
from itertools import product
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import numpy as np
from numba.core import serialize, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.np.numpy_support import as_dtype, from_dtype, map_layout

from dedup.kernels import cache
from dedup.limits import spare

Function = TypeVar("Function", bound=Callable[..., Any])
Signature = tuple[types.Type, ...]

READ_ONLY = "read-only"
_TO_LOAD, _TO_COMPILE = 1 << 24, 1 << 28  # measured: all kernels take 1 MiB of addresses loaded and 294 compiled
_OPTIONS = {"nopython": True, "nogil": True, "no_cfunc_wrapper": True}
_SCALARS: dict[Any, types.Type] = {int: types.int64, float: types.float64, bool: types.boolean}

# Compiled code calls this for each array that it returns. As a function of Python it is where handlers of signals run,
# and Numba goes on without the array's type where one raises: Python 3.13 ended in 10 of 80 runs of 100 interrupts. A
# cache in C runs none.
serialize._numba_unpickle = lru_cache(maxsize=None)(serialize._numba_unpickle)  # noqa: SLF001

entries: dict[str, "Entry"] = {}
"""The entries of the modules imported so far, by module and name."""


def kernel(function: Function) -> Function:
    """Make `function` part of the kernels that call it; Python itself cannot call it."""
    return cast("Function", Kernel(function))


def uncounted(function: Function) -> Function:
    """Make `function` a kernel that counts no references to arrays, for it neither makes nor returns one.

    A count is an atomic step at each array that a call hands over: half of the time of short kernels (ADR 27). The
    caller holds the arrays meanwhile.
    """
    return cast("Function", Kernel(function, _nrt=False))


def entry(function: Function) -> Function:
    """Compile `function` at its first call for the types of its annotations, once per machine.

    Other threads run while it does. An array of the right type that is not contiguous, or read-only where the
    annotation does not say so, is copied. A signal handler's exception is raised as it is: Numba alone would turn
    Ctrl-C into a SystemError.
    """
    compiled = Entry(function)
    entries[compiled.name] = compiled

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return compiled(*arguments)
        except SystemError as error:
            raise _raised(error) from None
        except _UnfitError:
            return compiled(*compiled.fitted(arguments))

    return cast("Function", call)


class Kernel(CPUDispatcher):  # type: ignore[misc]  # Numba is typed in part only
    """A function that becomes part of the entries that call it."""

    def __init__(self, function: Callable[..., Any], **options: bool) -> None:
        """Compile nothing yet."""
        super().__init__(function, targetoptions=_OPTIONS | {"no_cpython_wrapper": True} | options)

    def get_call_template(self, args: Signature, kws: dict[str, types.Type]) -> Any:
        """Compile for any whole number where Numba would for each constant and for each width."""
        return super().get_call_template([_widened(kind) for kind in args], kws)

    def __call__(self, *_: Any) -> Any:
        """Refuse, where Numba would jump to code that there is not."""
        raise TypeError(f"{self.__name__} is part of other kernels: call it through an entry")


class Entry(CPUDispatcher):  # type: ignore[misc]  # Numba is typed in part only
    """A function that Python calls, compiled for the types of its annotations and for no others."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Compile nothing yet."""
        super().__init__(function, targetoptions=_OPTIONS)
        self.name = f"{function.__module__}.{function.__name__}"
        self._loaded: dict[Signature, Any] = {}

    @cached_property
    def declared(self) -> list[Signature]:
        """The signatures that the annotations stand for: several where an argument is of several types."""
        annotations = {name: kind for name, kind in self.py_func.__annotations__.items() if name != "return"}
        return list(product(*map(_types_of, annotations.values())))

    def place(self, signature: Signature) -> cache.Place:
        """Return where the machine code of a declared signature is kept."""
        return cache.Place(self.py_func, self.declared.index(signature))

    def load(self, signature: Signature) -> Any:
        """Return the compiled function, from where it is kept or compiled now and kept."""
        with global_compiler_lock:
            if signature not in self._loaded:
                self._loaded[signature] = self._load_or_compile(signature)
            return self._loaded[signature]

    def _load_or_compile(self, signature: Signature) -> Any:
        place = self.place(signature)
        with spare(_TO_LOAD, "machine code"):  # LLVM ends the process where it gets none
            pass
        function = place.load()
        if function is None:
            with spare(_TO_COMPILE, "compiling machine code"):
                pass
            cache.name_apart()
            function = self.compile(signature)
            place.save(self.overloads[signature])
        else:
            # as Numba does; it counts no reference, which is why `_loaded` holds the function
            self._insert([kind._code for kind in signature], function, objectmode=False)  # noqa: SLF001
        return function

    def fitted(self, arguments: tuple[Any, ...]) -> list[Any]:
        """Return the arguments as a declared signature has them.

        Raises:
            TypeError: an array's dtype or dimensions are none that were declared.
        """
        for signature in self.declared:
            if all(map(_may_be, arguments, signature)):
                return list(map(_as, arguments, signature))
        given = tuple(map(self.typeof_pyval, arguments))
        raise TypeError(f"{self.name} is compiled for {self.declared}, not for {given}")

    def typeof_pyval(self, val: Any) -> types.Type:
        """Return the type of an argument; Numba's own way to tell an array's imports `numpy.ma`, for 0.03 s."""
        if type(val) is np.ndarray:
            return types.Array(from_dtype(val.dtype), val.ndim, map_layout(val), readonly=not val.flags.writeable)
        return super().typeof_pyval(val)

    def _compile_for_args(self, *arguments: Any) -> Any:
        """Load what these arguments call for; Numba calls this where nothing that is loaded fits."""
        signature = tuple(map(self.typeof_pyval, arguments))
        if signature not in self.declared:
            raise _UnfitError
        return self.load(signature)


def _raised(error: BaseException) -> BaseException:
    """Return what was raised while Numba made arrays of results, for instance by the handler of a signal."""
    while isinstance(error, SystemError) and error.__cause__:
        error = error.__cause__
    return error


class _UnfitError(Exception):
    """The arguments are of types that were not declared."""


def _widened(kind: types.Type) -> types.Type:
    kind = types.unliteral(kind)
    return types.int64 if isinstance(kind, types.Integer) and kind.signed else kind


def _types_of(annotation: Any) -> list[types.Type]:
    """Return what an annotation stands for; arrays are contiguous, of one dimension unless it has a shape of more."""
    origin = get_origin(annotation)
    if hasattr(origin, "__value__"):  # NumPy's NDArray is an alias by `type` where Python knows that, from 3.12 on
        return _types_of(origin.__value__[get_args(annotation)])
    if origin in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _types_of(part)]
    if origin is Annotated:
        array, *marks = get_args(annotation)
        return [kind.copy(readonly=READ_ONLY in marks) for kind in _types_of(array)]
    if origin is np.ndarray:
        shape, dtype = get_args(annotation)
        sizes = get_args(shape)
        (scalar,) = get_args(dtype)
        return [types.Array(from_dtype(np.dtype(scalar)), 1 if not sizes or sizes[-1] is ... else len(sizes), "C")]
    return [_SCALARS[annotation] if annotation in _SCALARS else from_dtype(np.dtype(annotation))]


def _may_be(argument: Any, kind: types.Type) -> bool:
    array = isinstance(argument, np.ndarray)
    if not array or not isinstance(kind, types.Array):
        return array == isinstance(kind, types.Array)
    return bool(argument.dtype == as_dtype(kind.dtype) and argument.ndim == kind.ndim)


def _as(argument: Any, kind: types.Type) -> Any:
    if not isinstance(kind, types.Array):
        return as_dtype(kind).type(argument)
    if kind.mutable:
        return np.require(argument, requirements=["C", "W"])
    array = np.ascontiguousarray(argument).view()
    array.flags.writeable = False
    return array
