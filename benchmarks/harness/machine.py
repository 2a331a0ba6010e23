"""What a run was made on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "resembles",
    "numpy",
    "numba",
    "llvmlite",
    "lmdb",
    "redis",
    "xxhash",
    "zstandard",
    "datasketch",
    "rensa",
    "gaoya",
    "fastsketchlsh",
)


def facts() -> dict[str, str]:
    """Return processor, cores, memory, kernel, Python, packages and date."""
    told = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "vectors": _vectors(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0] or 0) / 2**20:.0f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    return told | {name: found for name in PACKAGES if (found := installed(name))}


def installed(package: str) -> str:
    """Return a package's version, nothing if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _vectors() -> str:
    flags = _field("/proc/cpuinfo", "flags").split()
    return next((name for flag, name in (("avx512bw", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")


def _field(path: str, name: str) -> str:
    """Return the first value of a name in a file of `name: value` lines."""
    if not Path(path).exists():
        return "0" if name == "MemTotal" else ""
    lines = (line.partition(":") for line in Path(path).read_text(encoding="utf-8").splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")
