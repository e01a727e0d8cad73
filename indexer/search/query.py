"""The query language: words, "phrases", OR, NOT, ( ), prefix*, fuzzy~, unread letters and /regular expressions/.

Words side by side must all be there. Words are folded as the indexed text is; one that folds to several
(l'homme, 1914-1918) is a phrase of them. Operators are upper case; a minus in front of a word, a phrase or a
parenthesis is NOT. Signs that mean something in the queries of other programs and nothing here are refused, rather than
answered as another question.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NoReturn

from indexer.search.asked_names import Spelt, name_parts, piece_of_line, spelling
from indexer.search.fields import Described, Doc, field
from indexer.search.nodes import (
    And,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Plain,
    Word,
    changed,
    in_a_row,
    leaves,
    length,
    wanted,
)
from indexer.search.query_error import QueryError
from indexer.search.refused_signs import refused, refused_in_phrases
from indexer.search.regular import words_of
from indexer.search.unread_letters import LEAST, has_unread, spellings
from indexer.text.folding import is_unspaced, no_letter, search_words
from indexer.text.unread import SOME
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.search.nodes import Leaf


_TOKEN = re.compile(
    r"""\s*(?: (?P<regular>/[^/\s]+/(?=[\s)]|$))
    | (?P<field>(?i:doc|date|person|place|title|tag|shelfmark|note|name|spelling|like):
        (?:["“„«][^"“”„«»]*["”“»]|[^\s()"“”„«»]*))
    | (?P<open>\() | (?P<close>\)) | (?P<phrase>["“„«»][^"“”„«»]*["”“«»]) | (?P<quote>["“„«»])
    | (?P<minus>-(?=[^\s)-])) | (?P<word>[^\s()"“”„«»]+) | (?P<stray>[”]) )""",
    re.VERBOSE,
)
_WIDE = str.maketrans("＊？（）＂～", '*?()"~')
"""Operators as they are typed among Chinese and Japanese letters."""
_ENDING = re.compile(r"(?P<prefix>\*)$|~(?P<edits>[12]?)$")
_NEAR = re.compile(r"NEAR(?:/(\d{1,4}))?")
_USUALLY_NEAR, _FARTHEST = 5, 50
"""Words between two words that are near each other: where no number is given, and the most."""
_DEPTH = 50
"""Most parentheses and NOTs within each other. Nobody means more, and each costs a level of recursion."""
_NAMES = 8
"""Most names: each of up to a hundred spellings of each is looked for in the ink."""
_LETTERS = 2000
_WORDS = 100
"""Most letters and words of a query: each word is looked for in the posteriorgram of every line."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(query: str) -> Node:
    """The tree of a query; raises ``UsageError`` that shows the place that makes no sense."""
    if len(query) > _LETTERS:
        raise UsageError(
            _("the query is too long: %(query)s letters and signs", query=len(query)),
            _("Use at most %(letters)s; a few words that stand side by side find a line as well.", letters=_LETTERS),
        )
    odd = no_letter(query) or ("U+0000" if "\0" in query else None)
    if odd is not None:
        raise UsageError(
            _("the query has something in it that is no letter: %(odd)s", odd=odd),
            _("Type it as UTF-8: a terminal of another encoding sends other bytes."),
        )
    parser = _Parser(query)
    node = parser.alternatives()
    if parser.token is not None:
        parser.fail(
            parser.token.at, _("this closing parenthesis has no opening one"), _("Remove it, or add a ( before.")
        )
    if node is None:
        parser.fail(0, _("there is nothing to search for"), _("Give at least one word of letters or digits."))
    if parser.names:
        node = changed(node, _as_name)
    if (wrong := _asks_for_nothing(node)) is not None:
        parser.fail(0, *wrong)
    if (names := sum(isinstance(leaf, Spelt) for leaf in leaves(node))) > _NAMES:
        raise UsageError(
            _("the query asks for %(names)s names in all their spellings", names=names),
            _(
                "Use at most %(names)s: each stands for up to a hundred words, all of them looked for in the ink.",
                names=_NAMES,
            ),
        )
    if (words := sum(map(length, leaves(node)))) > _WORDS:
        raise UsageError(
            _("the query is too long: %(words)s words", words=words),
            _("Use at most %(words)s: each is looked for in the ink.", words=_WORDS),
        )
    return node


class _Parser:
    """Recursive descent: alternatives of sequences of terms."""

    def __init__(self, query: str) -> None:
        self._query = query.translate(_WIDE)
        self._tokens = self._split()
        self._at = 0
        self._depth = 0
        self.names = False
        """Whether all words and phrases are names."""

    @property
    def token(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def fail(self, at: int, message: str, hint: str) -> NoReturn:
        line = "".join(char if char.isprintable() else " " for char in self._query)
        indent = " " * sum(map(_cells, line[:at]))
        raise UsageError(
            _(
                "the query cannot be understood: %(message)s\n  %(line)s\n  %(indent)s^",
                message=message,
                line=line,
                indent=indent,
            ),
            hint,
        )

    def _split(self) -> list[_Token]:
        tokens, at = [], 0
        while match := _TOKEN.match(self._query, at):
            kind = match.lastgroup or ""
            tokens.append(_Token(kind, match.group(kind), match.start(kind)))
            if kind in ("quote", "stray"):
                self.fail(match.start(kind), _("this quotation mark is not closed"), _('Write "the phrase" with two.'))
            at = match.end()
        return tokens

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is_word(self, text: str) -> bool:
        return self.token is not None and self.token.kind == "word" and self.token.text == text

    def alternatives(self) -> Node | None:
        parts = [self._sequence()]
        while self._is_word("OR"):
            token = self._next()
            if parts[-1] is None:
                self.fail(token.at, _("OR has nothing before it"), _("Write: one OR another."))
            parts.append(self._sequence())
            if parts[-1] is None:
                self.fail(token.at, _("OR has nothing after it"), _("Write: one OR another."))
        nodes = tuple(part for part in parts if part is not None)
        return nodes[0] if len(nodes) == 1 else Or(nodes) if nodes else None

    def _sequence(self) -> Node | None:
        parts: list[Node] = []
        while self.token is not None and self.token.kind != "close" and not self._is_word("OR"):
            near = _NEAR.fullmatch(self.token.text) if self.token.kind == "word" else None
            part = self._near(parts.pop() if parts else None, near) if near else self._term()
            if part is not None:
                parts.append(part)
        return parts[0] if len(parts) == 1 else And(tuple(parts)) if parts else None

    def _near(self, one: Node | None, sign: re.Match[str]) -> Node:
        """Two words or phrases near each other; each may be one of several."""
        token, words = self._next(), int(sign[1] or _USUALLY_NEAR)
        other = self._term() if self.token is not None and self.token.kind in ("word", "phrase", "regular") else None
        ones, others = _ways(one), _ways(other)
        if not (ones and others):
            self.fail(token.at, _("NEAR stands between two words or phrases"), _("Write: one NEAR/5 other."))
        if not 1 <= words <= _FARTHEST:
            self.fail(
                token.at,
                _("NEAR/%(words)s is no distance", words=words),
                _("Write NEAR/5: from 1 to %(farthest)s words between.", farthest=_FARTHEST),
            )
        pairs = [Near(left, right, words) for left, right in product(ones, others)]
        return pairs[0] if len(pairs) == 1 else Or(tuple(pairs), same=True)

    def _term(self) -> Node | None:
        token = self._next()
        negates = token.kind == "minus" or (token.kind == "word" and token.text == "NOT")
        if negates or token.kind == "open":
            self._depth += 1
            if self._depth > _DEPTH:
                self.fail(
                    token.at,
                    _("it is nested too deeply"),
                    _("Use at most %(depth)s levels of parentheses and NOT.", depth=_DEPTH),
                )
            node = self._negated(token) if negates else self._group(token)
            self._depth -= 1
            return node
        if token.kind == "phrase":
            return self._phrase(token)
        if token.kind == "field":
            return self._field(token)
        if token.kind == "regular":
            return _sequence_of([self._open(token, words_of, token.text[1:-1])])
        if token.text == "AND":
            return None
        return self._word(token)

    def _field(self, token: _Token) -> Node | None:
        try:
            name, __, asked = token.text.partition(":")
            if name.casefold() == "name":
                return Spelt(name_parts(asked))
            if name.casefold() == "like":
                return piece_of_line(asked)
            return self._spelling(asked) if name.casefold() == "spelling" else field(token.text)
        except QueryError as error:
            self.fail(token.at + error.at, error.args[0], error.hint)

    def _spelling(self, asked: str) -> Node | None:
        """The word or phrase after ``spelling:old``. ``spelling:names`` is said of the whole query."""
        behind = self.token
        if asked.casefold() == "names":
            self.names = True
            return None
        given = self._next().text if behind is not None and behind.kind in ("word", "phrase") else ""
        return spelling(asked, given)

    def _negated(self, token: _Token) -> Node:
        if self.token is None or self.token.kind == "close" or self._is_word("OR"):
            self.fail(token.at, _("there is nothing after NOT"), _("Write: NOT word."))
        part = self._term()
        if part is None:
            self.fail(token.at, _("there is nothing to leave out after NOT"), _("Write: NOT word."))
        return Not(part)

    def _group(self, token: _Token) -> Node | None:
        node = self.alternatives()
        if self.token is None:
            self.fail(token.at, _("this parenthesis is not closed"), _("Add a ) where it ends."))
        self._next()
        return node

    def _phrase(self, token: _Token) -> Node | None:
        words: list[list[Word]] = []
        for part in re.finditer(r"[^\s\"“”„«»]+", token.text):
            words += self._words(_Token("word", part.group(), token.at + part.start()), refused_in_phrases())
        after = self.token
        if after and after.at == token.at + len(token.text) and after.text.startswith(("~", "*")):
            self.fail(after.at, _("a phrase is found as it is written"), _('Write: "begin* of phrase", or word~.'))
        return _sequence_of(words)

    def _word(self, token: _Token) -> Node | None:
        return _sequence_of(self._words(token, refused()))

    def _words(self, token: _Token, foreign: tuple[tuple[str, str, str], ...]) -> list[list[Word]]:
        """The words in a part of the query that has no blank in it, each with all that it may be."""
        ending = _ENDING.search(token.text)
        text = token.text[: ending.start()] if ending else token.text
        if has_unread(text) or (ending and text.endswith("]")):
            return [self._unread(token, ending)]
        words = [Word(word) for word in search_words(text)]
        if ending and not words:
            self.fail(token.at, _("* and ~ need a word before them"), _("Write: begin* or word~."))
        for pattern, message, hint in foreign:
            if found := re.search(pattern, text):
                self.fail(token.at + found.start(), message, hint)
        if ending:
            edits = 0 if ending["prefix"] else int(ending["edits"] or 1)
            if edits and is_unspaced(words[-1].text[0]):
                hint = _("Leave it out: what looks alike in the ink is found anyway, and any part of a line.")
                self.fail(token.at + ending.start(), _("~ is for words between blanks"), hint)
            if edits and len(words[-1].text) - edits < LEAST:
                hint = _(
                    "Give at least %(least)s letters, %(least2)s more than may be wrong.",
                    least=LEAST + edits,
                    least2=LEAST,
                )
                self.fail(token.at, _("it would match almost every line"), hint)
            words[-1] = Word(words[-1].text, bool(ending["prefix"]), edits)
        return [[word] for word in words]

    def _unread(self, token: _Token, ending: re.Match[str] | None) -> list[Word]:
        """All that a word with letters that nobody can read may be."""
        if ending and not ending["prefix"]:
            hint = _("Leave it out: what looks alike in the ink is found anyway.")
            self.fail(token.at + ending.start(), _("~ is for words whose letters are all given"), hint)
        return self._open(token, spellings, token.text)

    def _open(self, token: _Token, words: Callable[[str], list[str]], text: str) -> list[Word]:
        """All the words that a part of the query stands for."""
        try:
            found = words(text)
        except QueryError as error:
            self.fail(token.at + error.at, error.args[0], error.hint)
        return [Word(word.strip(SOME), prefix=word.endswith(SOME), suffix=word.startswith(SOME)) for word in found]


def _cells(char: str) -> int:
    """How many columns of a terminal the character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _sequence_of(words: list[list[Word]]) -> Node | None:
    """The words one after the other; each may be one of several."""
    if not words:
        return None
    rows: list[Node] = [in_a_row(row) for row in product(*words)]
    return rows[0] if len(rows) == 1 else Or(tuple(rows), same=True)


def _ways(node: Node | None) -> tuple[Word | Phrase, ...]:
    """The ways in which a word or a phrase may be written; none if it is something else."""
    if isinstance(node, Plain):
        return (node,)
    if isinstance(node, Or) and node.same:
        return tuple(part for part in node.parts if isinstance(part, Plain))
    return ()


def _positive(node: Node) -> bool:
    """Whether a line has to hold something to match."""
    if isinstance(node, Not | Doc | Described):
        return False
    if isinstance(node, And):
        return any(_positive(part) for part in node.parts)
    if isinstance(node, Or):
        return all(_positive(part) for part in node.parts)
    return True


def _asks_for_nothing(node: Node) -> tuple[str, str] | None:
    """Why neither lines nor documents are asked for, and what to do; ``None`` if some are."""
    if _positive(node):
        return None
    if not _is_described(node):
        return _("it only says what must not be there, or where to look"), _("Add a word that must be there.")
    if wanted(node):
        hint = _("Ask for one after the other, or write: word tag:letters.")
        return _("OR stands between words of lines and what documents are"), hint
    return None


def _is_described(node: Node) -> bool:
    """Whether something has to be said of a document for it to match."""
    if isinstance(node, And):
        return any(_is_described(part) for part in node.parts)
    if isinstance(node, Or):
        return all(_is_described(part) or _positive(part) for part in node.parts)
    return isinstance(node, Described)


def _as_name(leaf: Leaf) -> Leaf:
    """A word or phrase as a name; one with signs, and what is no name, stays what it is."""
    words = leaf.words if isinstance(leaf, Phrase) else (leaf,) if isinstance(leaf, Word) else ()
    if not words or any(word.prefix or word.edits or word.is_pattern for word in words):
        return leaf
    try:
        return Spelt(name_parts(" ".join(word.text for word in words)))
    except QueryError:  # a single letter, or a long phrase
        return leaf
