"""XXH3-64 of a band, as a kernel: equal to `xxhash.xxh3_64_intdigest(rows.tobytes(), seed)` for 4 to 128 bytes.

Called for every band of every document, where a call into the package would cost more than the MinHash itself.
Source: the XXH3 specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
"""

import numpy as np

from dedup.kernels import Uint32s, Uint64s, kernel, uncounted

SECRET = np.frombuffer(
    bytes.fromhex(
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
        "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
        "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
        "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    ),
    np.uint64,
).copy()
PRIME_1 = np.uint64(0x9E3779B185EBCA87)
PRIME_MX1 = np.uint64(0x165667919E3779F9)
PRIME_MX2 = np.uint64(0x9FB21C651E98DF25)
LOW = np.uint64(0xFFFFFFFF)
U = np.uint64


@kernel
def _swap32(x: np.uint64) -> np.uint64:
    return ((x & U(0xFF)) << U(24)) | ((x & U(0xFF00)) << U(8)) | ((x >> U(8)) & U(0xFF00)) | ((x >> U(24)) & U(0xFF))


@kernel
def _fold(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the two halves of the 128-bit product, xored; of halves, so that vectors can do it."""
    a0, a1, b0, b1 = a & LOW, a >> U(32), b & LOW, b >> U(32)
    low, mid, cross = a0 * b0, a1 * b0, a0 * b1
    carry = (low >> U(32)) + (mid & LOW) + cross
    return ((mid >> U(32)) + (carry >> U(32)) + a1 * b1) ^ ((carry << U(32)) | (low & LOW))


@kernel
def _avalanche(h: np.uint64) -> np.uint64:
    h ^= h >> U(37)
    h *= PRIME_MX1
    return h ^ (h >> U(32))


@uncounted
def _read(data: Uint32s, at: int) -> np.uint64:
    return U(data[at]) | (U(data[at + 1]) << U(32))


@uncounted
def _mix(data: Uint32s, at: int, secret: int, seed: np.uint64) -> np.uint64:
    return _fold(_read(data, at) ^ (SECRET[secret] + seed), _read(data, at + 2) ^ (SECRET[secret + 1] - seed))


@uncounted
def xxh3_bands(values: Uint32s, bands: int, rows: int, hashes: Uint64s) -> None:
    """Write XXH3-64 of each band of so many values, under the band's number as seed."""
    if 3 <= rows <= 4:  # as most schemes have: a loop without a branch, several bands in a step
        for band in range(bands):
            hashes[band] = _of_few(values, band * rows, rows, U(band))
    else:
        for band in range(bands):
            hashes[band] = xxh3(values, band * rows, rows, U(band))


@uncounted
def _of_few(data: Uint32s, first: int, size: int, seed: np.uint64) -> np.uint64:
    """Return the hash of 3 or 4 values."""
    low = _read(data, first) ^ ((SECRET[3] ^ SECRET[4]) + seed)
    high = _read(data, first + size - 2) ^ ((SECRET[5] ^ SECRET[6]) - seed)
    swapped = (_swap32(low & LOW) << U(32)) | _swap32(low >> U(32))
    return _avalanche(U(4 * size) + swapped + high + _fold(low, high))


@uncounted
def xxh3(data: Uint32s, first: int, size: int, seed: np.uint64) -> np.uint64:
    """Return XXH3-64 of `size` uint32 values from `first` on, 1 to 32 (little-endian), under a seed below 2**32."""
    length, last = U(4 * size), first + size
    if size <= 2:
        keyed = U(data[last - 1]) + (U(data[first]) << U(32))
        keyed ^= (SECRET[1] ^ SECRET[2]) - (seed ^ (_swap32(seed) << U(32)))
        h = keyed ^ ((keyed << U(49)) | (keyed >> U(15))) ^ ((keyed << U(24)) | (keyed >> U(40)))
        h *= PRIME_MX2
        h ^= (h >> U(35)) + length
        h *= PRIME_MX2
        return U(h ^ (h >> U(28)))
    if size <= 4:
        return _of_few(data, first, size, seed)
    h = length * PRIME_1
    for i in range((size - 1) // 8, -1, -1):
        h += _mix(data, first + 4 * i, 4 * i, seed)
        h += _mix(data, last - 4 * (i + 1), 4 * i + 2, seed)
    return _avalanche(h)
