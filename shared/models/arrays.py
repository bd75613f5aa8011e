"""Plain arrays as text and back: how models are stored. No pickle, nothing that runs when it is read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Arrays: TypeAlias = Mapping[str, npt.NDArray[np.generic]]

_TYPES = {"float64": np.float64, "int32": np.int32, "int16": np.int16, "bool": np.bool_}


class ArtefactError(ValueError):
    """A stored model that cannot be used: damaged, or of other library versions."""


def pack(arrays: Arrays) -> str:
    """The arrays as base64 of zlib of a JSON header (name, type, shape) and their bytes, little endian."""
    header = []
    body = b""
    for name in sorted(arrays):
        array = arrays[name]
        kind = array.dtype.name
        if kind not in _TYPES:
            raise ArtefactError(f"Array [{name}] is of type [{kind}]; one of {sorted(_TYPES)} can be stored")
        header.append([name, kind, list(array.shape)])
        body += np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(len(text).to_bytes(4, "little") + text + body, 6)).decode("ascii")


def unpack(payload: str) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays that `pack` was given. Raises ArtefactError for anything else."""
    try:
        data = zlib.decompress(base64.b64decode(payload, validate=True))
        length = int.from_bytes(data[:4], "little")
        header = json.loads(data[4 : 4 + length])
        found: dict[str, npt.NDArray[np.generic]] = {}
        start = 4 + length
        for name, kind, shape in header:
            dtype = np.dtype(_TYPES[kind]).newbyteorder("<")
            count = int(np.prod(shape, dtype=np.int64))
            found[name] = np.frombuffer(data, dtype, count, start).reshape(shape).astype(_TYPES[kind])
            start += count * dtype.itemsize
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"A stored model cannot be read: {error}") from error
    if start != len(data):
        raise ArtefactError(f"A stored model has [{len(data) - start}] bytes too many")
    return found


def content_id(payload: str) -> str:
    """The id of a stored model: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(payload.encode("ascii")).hexdigest()[:16]
