"""The part of the Xet protocol that uploads use: xorbs hold chunks, and shards put files together from them.

Formats: https://huggingface.co/docs/xet (xorb and shard). Chunks must not be compressed, which
`$HF_XET_XORB_COMPRESSION_POLICY=none` asks for.
"""

import struct
from collections.abc import Iterator, Mapping

Xorbs = Mapping[str, list[bytes]]
"""The chunks of each xorb, by its name."""
_SHARD_HEADER = 48
_ENTRY = 48
"""Bytes of each record of a shard."""
_HAS_VERIFICATION, _HAS_SHA256 = 1 << 31, 1 << 30
"""Flags of a file: a record that proves each range, and a last record with the file's SHA-256."""
_END = b"\xff" * 32


def read_xorb(data: bytes) -> list[bytes]:
    """The chunks of a xorb."""
    chunks, start = list[bytes](), 0
    while start < len(data) and not data[start:].startswith(b"XETBLOB"):
        version, size, compression = data[start], _read_3_bytes(data, start + 1), data[start + 4]
        assert (version, compression) == (0, 0)
        chunks.append(data[start + 8 : start + 8 + size])
        start += 8 + size
    return chunks


def read_shard(data: bytes, xorbs: Xorbs) -> Iterator[tuple[str, bytes]]:
    """SHA-256 and content of each file that a shard puts together."""
    start = _SHARD_HEADER
    while data[start : start + 32] != _END:
        flags, count = struct.unpack_from("<II", data, start + 32)
        start += _ENTRY
        content = b"".join(_read_range(data, start + index * _ENTRY, xorbs) for index in range(count))
        start += _ENTRY * count * (2 if flags & _HAS_VERIFICATION else 1)
        assert flags & _HAS_SHA256
        yield _name(data[start : start + 32]), content
        start += _ENTRY


def _read_range(data: bytes, start: int, xorbs: Xorbs) -> bytes:
    _, _, first, end = struct.unpack_from("<IIII", data, start + 32)
    return b"".join(xorbs[_name(data[start : start + 32])][first:end])


def _read_3_bytes(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 3], "little")


def _name(digest: bytes) -> str:
    """The text of a hash, which is written as four little-endian numbers."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", digest))
