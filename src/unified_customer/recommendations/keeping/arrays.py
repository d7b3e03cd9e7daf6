"""Arrays in a file that NumPy reads too (npz): nothing is compressed or pickled, and no time of day is written."""

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from unified_customer.core.errors import ConfigurationError

Array = npt.NDArray[Any]
DTYPES: Final = frozenset({"|b1", "|u1", "<i4", "<i8", "<u4", "<u8", "<f4", "<f8"})
_NEVER: Final = (1980, 1, 1, 0, 0, 0)
_VERSION: Final = (1, 0)
_HEADER: Final = 4096
_ALIGNED: Final = 64
_CHUNK: Final = 1 << 24


def write_arrays(path: Path, arrays: Sequence[Array]) -> None:
    """Write arrays as `0.npy`, `1.npy` and so on; equal arrays give equal bytes."""
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for number, array in enumerate(arrays):
            told = ZipInfo(_name(number), _NEVER)
            with archive.open(told, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, version=_VERSION, allow_pickle=False)


class StoredArrays:
    """The arrays of an open file, read when they are asked for.

    It never takes more memory than the file has bytes.
    """

    def __init__(self, file: BinaryIO, *, size: int) -> None:
        """Look into a file of so many bytes.

        Raises:
            ConfigurationError: It holds something else than arrays by number, or compressed ones.
            BadZipFile: It is no such file.
        """
        self._archive = ZipFile(file)
        told = self._archive.infolist()
        if [each.filename for each in told] != [_name(number) for number in range(len(told))]:
            raise ConfigurationError("The arrays are not those that were saved.")
        if any(each.compress_type != ZIP_STORED for each in told) or sum(each.file_size for each in told) > size:
            raise ConfigurationError("The arrays are compressed, or larger than their file: they were not saved so.")
        self._told = told

    def __getitem__(self, number: int) -> Array:
        """Return an array.

        Raises:
            ConfigurationError: It is no array of plain numbers.
        """
        held = self._bytes(self._told[number])
        header = BytesIO(held[:_HEADER].tobytes())
        if np.lib.format.read_magic(header) != _VERSION:
            raise ConfigurationError("An array is not as it was saved.")
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(header, max_header_size=_HEADER)
        start = header.tell()
        if dtype.str not in DTYPES or start % _ALIGNED or start + math.prod(shape) * dtype.itemsize != len(held):
            raise ConfigurationError("An array holds no plain numbers, or not as many as it says.")
        return held[start:].view(dtype).reshape(shape, order="F" if by_columns else "C")

    def _bytes(self, told: ZipInfo) -> Array:
        held = np.empty(told.file_size, np.uint8)
        with self._archive.open(told) as member:
            read = sum(
                member.readinto(held[start : start + _CHUNK].data)  # type: ignore[attr-defined]
                for start in range(0, len(held), _CHUNK)
            )
        if read != len(held):
            raise ConfigurationError("An array is cut off.")
        return held


def _name(number: int) -> str:
    return f"{number}.npy"
