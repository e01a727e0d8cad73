"""Whoosh's files read as plain data: nothing in them can run code, wherever they come from.

Whoosh 2.7.4 keeps pickles in its files, and a pickle may call any function. Here the table of contents is JSON, and
postings and positions are numbers. The pickles that are left hold names and numbers of fields and files; they are read
by a reader that knows no classes and functions. An index that Whoosh wrote by itself cannot be opened.
"""

from __future__ import annotations

import json
import pickle
import re
import zlib
from bisect import bisect_left
from functools import partial
from itertools import accumulate
from pathlib import Path
from struct import Struct, calcsize, pack, unpack_from
from typing import TYPE_CHECKING, Any

from whoosh import formats
from whoosh.codec import whoosh3
from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex, clean_files
from whoosh.matching import ReadTooFar
from whoosh.reading import TermNotFound
from whoosh.util.numeric import byte_to_length, length_to_byte
from whoosh.writing import SegmentWriter

from indexer.system.files import replacing
from indexer.translation import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from whoosh.fields import Schema

_NAME = "MAIN"
_SEGMENT = re.compile(r"[0-9a-z]{1,32}")
_LARGEST = 1 << 26
"""Most bytes of a block of postings. A block has at most 128 postings."""
_COUNT = Struct("<I")
_HEAD = Struct("<IIIfBB")
"""What stands before a block of postings: how many there are and how many have a value, the last document, the greatest
weight, the least and greatest length of a field."""


class DamagedError(Exception):
    """A file of the index is not as it was written."""


class _NoNames(pickle.Unpickler):
    """Reads numbers, texts, bytes and containers of these; a name of a class or function is an error."""

    def find_class(self, module: str, name: str) -> Any:
        raise DamagedError(_("%(module)s.%(name)s is named where only plain data belongs", module=module, name=name))


def _plain(file: BinaryIO) -> Any:
    return _NoNames(file).load()


def _guarded(file: Any) -> Any:
    """A file of Whoosh's that reads its pickles as plain data."""
    file.read_pickle = partial(_plain, file.file)
    return file


class _Storage(FileStorage):  # type: ignore[misc]
    def open_file(self, name: str, **kwargs: Any) -> Any:
        return _guarded(super().open_file(name, **kwargs))


class _Compound(CompoundStorage):  # type: ignore[misc]
    def open_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return _guarded(super().open_file(name, *args, **kwargs))


class Positions(formats.Positions):  # type: ignore[misc]
    """The places of a word in a line, kept as numbers."""

    def encode(self, poslist: Sequence[int]) -> bytes:
        """How many there are, and each."""
        return b"".join(map(_COUNT.pack, (len(poslist), *poslist)))

    def decode_positions(self, valuestring: bytes) -> list[int]:
        """The places."""
        count, *places = unpack_from(f"<{len(valuestring) // _COUNT.size}I", valuestring)
        return places[:count]

    def decode_frequency(self, valuestring: bytes) -> int:
        """How many there are."""
        return int(_COUNT.unpack_from(valuestring)[0])


class _TermInfo(whoosh3.W3TermInfo):  # type: ignore[misc]
    @classmethod
    def from_bytes(cls, s: bytes) -> Any:
        if s[0]:  # postings as a pickle, which Whoosh itself never writes either
            raise DamagedError(_("postings stand where none belong"))
        return super().from_bytes(s)


class _Cursor(whoosh3.W3FieldCursor):  # type: ignore[misc]
    def term_info(self) -> Any:
        if self._pos is None:
            return None
        return _TermInfo.from_bytes(self._tindex.dbfile.get(self._datapos, self._datalen))


class _Terms(whoosh3.W3TermsReader):  # type: ignore[misc]
    def cursor(self, fieldname: str, fieldobj: Any) -> Any:
        return _Cursor(self._tindex, fieldname, self._keycoder, self._keydecoder, fieldobj)

    def items(self) -> Iterator[Any]:
        return self._decoded(self._tindex.items())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[Any]:
        return self._decoded(self._tindex.items_from(self._keycoder(fieldname, prefix)))

    def _decoded(self, items: Iterable[tuple[bytes, bytes]]) -> Iterator[Any]:
        return ((self._keydecoder(key), _TermInfo.from_bytes(value)) for key, value in items)

    def term_info(self, fieldname: str, tbytes: bytes) -> Any:
        try:
            return _TermInfo.from_bytes(self._tindex[self._keycoder(fieldname, tbytes)])
        except KeyError:
            raise TermNotFound(f"no term {fieldname}:{tbytes!r}") from None


class _PostingsWriter(whoosh3.W3PostingsWriter):  # type: ignore[misc]
    def _write_block(self, last: bool = False) -> None:
        if not self._blockcount:
            self._postfile.write(whoosh3.WHOOSH3_HEADER_MAGIC)
        self._terminfo.add_block(self)
        ids, values, count = self._ids, self._values, len(self._ids)
        lengths = map(length_to_byte, (self._minlength, self._maxlength))
        head = _HEAD.pack(count, len(values), ids[-1], self._maxweight, *lengths)
        numbers = pack(f"<{count}I{count}f{len(values)}I", *ids, *self._weights, *map(len, values))
        block = head + zlib.compress(numbers + b"".join(values), self._compression)
        self._postfile.write_int(-len(block) if last else len(block))
        self._postfile.write(block)
        self._blockcount += 1
        self._new_block()


class _Values:
    """The values of a block, each cut out when it is asked for: of a phrase's words few documents are looked at."""

    def __init__(self, data: bytes, ends: Sequence[int]) -> None:
        self._data, self._ends = data, ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self._data[self._ends[at] : self._ends[at + 1]]


class _Postings(whoosh3.W3LeafMatcher):  # type: ignore[misc]
    def _goto(self, position: int) -> None:
        self._data: tuple[Any, ...] | None = None
        self._ids = self._weights = self._values = None
        self._i = 0
        length = self._postfile.get_int(position)
        self._lastblock = length < 0
        self._dataoffset = position + calcsize("!i")
        self._nextoffset = self._dataoffset + abs(length)
        head = _HEAD.unpack(self._postfile.get(self._dataoffset, _HEAD.size))
        self._blocklength, self._valued, self._maxid, self._maxweight, least, most = head
        self._minlength, self._maxlength = byte_to_length(least), byte_to_length(most)

    def _read_data(self) -> tuple[Any, ...]:
        packed = self._postfile.get(self._dataoffset, self._nextoffset - self._dataoffset)[_HEAD.size :]
        data = zlib.decompressobj().decompress(packed, _LARGEST)
        count, valued = self._blocklength, self._valued
        numbers = unpack_from(f"<{count}I{count}f{valued}I", data)
        ends = [*accumulate(numbers[2 * count :], initial=_COUNT.size * (2 * count + valued))]
        return numbers[:count], numbers[count : 2 * count], _Values(data, ends) if valued else (None,) * count

    def skip_to(self, targetid: int) -> None:
        """As Whoosh does, but by halves within a block."""
        if not self.is_active():
            raise ReadTooFar
        if targetid > self.block_max_id():
            self._skip_to_block(lambda: targetid > self.block_max_id())
        if self.is_active() and self.id() < targetid:
            ids: Any = self._ids
            self._i = bisect_left(ids, targetid, self._i)

    def block_ids(self) -> Sequence[int]:
        """The documents of this block."""
        ids: Sequence[int] = self._part(0)
        return ids

    def block_value(self, at: int) -> bytes:
        """The value of one of them."""
        value: bytes = self._part(2)[at]
        return value

    def _read_ids(self) -> None:
        self._ids = self._part(0)

    def _read_weights(self) -> None:
        self._weights = self._part(1)

    def _read_values(self) -> None:
        self._values = self._part(2)

    def _part(self, number: int) -> Any:
        if self._data is None:
            self._data = self._read_data()
        return self._data[number]


def places(reader: Any, field: str, text: str, documents: Sequence[int]) -> Iterator[list[int]]:
    """The places of a word in each of some documents, which are in order, have the word, and count.

    Whoosh's own way asks a dozen functions for each document.
    """
    postings, at = reader.postings(field, text), 0
    postings = getattr(postings, "child", postings)  # where documents do not count any more, they are filtered out
    for document in documents:
        if document > postings.block_max_id():
            postings.skip_to(document)
            at = 0
        at = bisect_left(postings.block_ids(), document, at)
        yield postings.format.decode_positions(postings.block_value(at))


class _Documents(whoosh3.W3PerDocReader):  # type: ignore[misc]
    def stored_fields(self, _docnum: int) -> dict[str, object]:
        return {}  # our schema stores none, and what is stored is a pickle


class _Codec(whoosh3.W3Codec):  # type: ignore[misc]
    def new_segment(self, _storage: Any, indexname: str) -> _Segment:
        return _Segment(self, indexname)

    def terms_reader(self, storage: Any, segment: Any) -> _Terms:
        name = segment.make_filename(self.TERMS_EXT)
        postings = segment.open_file(storage, self.POSTS_EXT)
        return _Terms(self, storage.open_file(name), storage.file_length(name), postings)

    def per_document_reader(self, storage: Any, segment: Any) -> _Documents:
        return _Documents(storage, segment)

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> _PostingsWriter:
        return _PostingsWriter(dbfile, blocklimit=self._blocklimit, byteids=byteids, compression=self._compression)

    def postings_reader(self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None) -> Any:
        return _Postings(dbfile, *terminfo.extent(), format_, term=term, scorer=scorer)


class _Segment(whoosh3.W3Segment):  # type: ignore[misc]
    def open_compound_file(self, storage: Any) -> _Compound:
        file = storage.open_file(self.make_filename(self.COMPOUND_EXT))
        try:
            return _Compound(file, use_mmap=storage.supports_mmap)
        except BaseException:
            file.close()
            raise


class _Writer(SegmentWriter):  # type: ignore[misc]
    def _commit_toc(self, segments: Sequence[_Segment]) -> None:
        _write_contents(Path(self.storage.folder), segments, self.generation)
        clean_files(self.storage, self.indexname, self.generation, segments)


class _Index(FileIndex):  # type: ignore[misc]
    def __init__(self, folder: Path, schema: Schema) -> None:
        self.storage = _Storage(str(folder))
        self.indexname = _NAME
        self._schema = schema
        self._read_toc()

    def _read_toc(self) -> TOC:
        generation = self.latest_generation()
        return TOC(self._schema, _contents(Path(self.storage.folder), generation), generation)

    def writer(self, **options: Any) -> _Writer:
        return _Writer(self, codec=_Codec(), **options)


def opened(folder: Path, schema: Schema) -> Any | None:
    """The index in a folder, or ``None`` when there is none; raises ``DamagedError`` or ``OSError``."""
    return _Index(folder, schema) if _generations(folder) else None


def create(folder: Path) -> None:
    """Begin an empty index; what was there does not count any more."""
    discard(folder)
    _write_contents(folder, (), 0)


def discard(folder: Path) -> None:
    """Let what is there not count any more."""
    for generation in _generations(folder):
        _toc(folder, generation).unlink(missing_ok=True)


def _generations(folder: Path) -> list[int]:
    pattern = TOC._pattern(_NAME)
    return [int(found[1]) for file in folder.glob("*.toc") if (found := pattern.match(file.name))]


def _toc(folder: Path, generation: int) -> Path:
    return folder / f"_{_NAME}_{generation}.toc"


def _write_contents(folder: Path, segments: Iterable[_Segment], generation: int) -> None:
    path = _toc(folder, generation)
    described = [_described(segment, folder) for segment in segments]
    with replacing(path, lasting=False) as partial_file:
        partial_file.write_text(json.dumps({"generation": generation, "segments": described}), encoding="utf-8")


def _described(segment: _Segment, folder: Path) -> dict[str, object]:
    return {
        "id": segment.segid,
        "size": (folder / segment.make_filename(segment.COMPOUND_EXT)).stat().st_size,
        "documents": segment.doc_count_all(),
        "lengths": segment._fieldlengths,
        "deleted": _ranges(sorted(segment.deleted_docs())),
    }


def _contents(folder: Path, generation: int) -> list[_Segment]:
    """The segments of a state."""
    try:
        toc = json.loads(_toc(folder, generation).read_text(encoding="utf-8"))
        if toc["generation"] != generation:
            raise DamagedError(_("the table of contents belongs to another state"))
        return [_segment(each, folder) for each in toc["segments"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedError(_("the table of contents cannot be read")) from error


def _segment(described: dict[str, Any], folder: Path) -> _Segment:
    name, count = described["id"], int(described["documents"])
    if not _SEGMENT.fullmatch(name):
        raise DamagedError(_("a segment has a name that is none"))
    deleted = {at for first, end in described["deleted"] for at in range(max(0, first), min(end, count))}
    segment = _Segment(_Codec(), _NAME, count, name, deleted or None)
    segment._fieldlengths = {str(field): int(length) for field, length in described["lengths"].items()}
    segment.compound = True
    if (folder / segment.make_filename(segment.COMPOUND_EXT)).stat().st_size != described["size"]:
        raise DamagedError(_("a segment is not as long as it was"))
    return segment


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as ranges: first and end of each."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number:
            ranges[-1] = (ranges[-1][0], number + 1)
        else:
            ranges.append((number, number + 1))
    return ranges
