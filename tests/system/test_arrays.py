"""Files of arrays: what is written is read again without copying, and what is forged is refused."""

from __future__ import annotations

import errno
import json
import mmap
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from indexer.system import arrays

GROUPS = [
    ("äb\ud800", {"numbers": np.arange(5, dtype=np.uint16), "none": np.zeros(0, np.uint8)}),
    ("", {"numbers": np.arange(3), "yes": np.array([True, False]), "pairs": np.ones((3, 2), np.float32)}),
]


def test_groups_of_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    arrays.save(file, "a kind", GROUPS)
    for (text, found), (wanted, given) in zip(arrays.load(file, "a kind"), GROUPS, strict=True):
        assert text == wanted
        assert found.keys() == given.keys()
        for name, array in given.items():
            assert found[name].dtype == array.dtype
            assert found[name].flags.aligned
            assert np.array_equal(found[name], array)
    assert load_file(file)["1/pairs"].shape == (3, 2)
    with pytest.raises(ValueError, match="another kind"):
        arrays.load(file, "another")


@pytest.mark.skipif(os.name == "nt", reason="needs a umask")
def test_others_may_read_the_file_as_any_other(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    arrays.save(tmp_path / "arrays", "tests", GROUPS)
    assert (tmp_path / "arrays").stat().st_mode == plain.stat().st_mode


def test_a_large_file_is_mapped_and_not_copied(tmp_path: Path) -> None:
    file = tmp_path / "file"
    arrays.save(file, "a kind", [("", {"large": np.arange(1 << 22, dtype=np.uint8)})])
    ((_, found),) = arrays.load(file, "a kind")
    at = found["large"]
    while isinstance(at, np.ndarray):
        at = at.base
    assert isinstance(getattr(at, "obj", at), mmap.mmap)


@pytest.mark.parametrize("kind", ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"])
def test_every_kind_of_number_is_read_again(tmp_path: Path, kind: str) -> None:
    arrays.save(tmp_path / "file", "a kind", [("", {"numbers": np.ones(3, kind)})])
    ((_, found),) = arrays.load(tmp_path / "file", "a kind")
    assert found["numbers"].dtype == np.dtype(kind)
    assert found["numbers"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "forged",
    [
        {"data_offsets": [0, 1 << 40], "shape": [1 << 39]},
        {"data_offsets": [-400, -390]},
        {"data_offsets": [0, 8]},
        {"data_offsets": [0]},
        {"data_offsets": ["a", "b"]},
        {"shape": [-5]},
        {"shape": "many"},
        {"dtype": "O"},
        {"dtype": None},
    ],
)
def test_a_forged_header_is_refused(tmp_path: Path, forged: dict[str, object]) -> None:
    file = tmp_path / "file"
    arrays.save(file, "a kind", [("", {"numbers": np.arange(5, dtype=np.uint16)})])
    data = file.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:end])
    head["0/numbers"].update(forged)
    made = json.dumps(head).encode()
    file.write_bytes(len(made).to_bytes(8, "little") + made + data[end:])
    with pytest.raises((ValueError, OverflowError)):
        arrays.load(file, "a kind")


@pytest.mark.parametrize("data", [b"", b"junk", b"\xff" * 8, b"\2\0\0\0\0\0\0\0[]", b"\2\0\0\0\0\0\0\0{}"])
def test_what_has_no_header_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r".*"):
        arrays.load(file, "a kind")


@pytest.mark.parametrize("about", [{}, {"kind": "a kind", "texts": "x"}, {"kind": "a kind", "texts": "[]"}])
def test_arrays_without_a_group_are_refused(tmp_path: Path, about: dict[str, str]) -> None:
    file = tmp_path / "file"
    save_file({"0/numbers": np.arange(5)}, file, about)
    with pytest.raises(ValueError, match=r".*"):
        arrays.load(file, "a kind")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are of Unix")
def test_a_disk_without_room_is_an_error_of_the_system(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            arrays.save(tmp_path / "file", "a kind", GROUPS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
