"""The people of a shared archive: names, roles, passwords, tokens and sessions. Of secrets only hashes are kept."""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from typing import TYPE_CHECKING, get_args

from indexer.catalog.database import Database
from indexer.catalog.storing import NOTED, now
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError
from indexer.values.person import LeftOut, LogEntry, Role, User, name_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

_LONGEST = 64
"""Letters of a name."""
_NOW = "CAST(strftime('%s', 'now') AS BIGINT)"
MOST_NOTED, MOST_REFUSED = 10_000, 1_000
"""Deeds of a person that are kept, and of what was refused to them."""
_TOO_OLD = """DELETE FROM log WHERE person = ?1 AND refused = ?2 AND id <= (
    SELECT id FROM log WHERE person = ?1 AND refused = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)"""
_LEFT_OUT = """INSERT INTO log_left_out (person, refused, who, number) VALUES (?, ?, ?, ?)
    ON CONFLICT (person, refused) DO UPDATE SET who = excluded.who, number = log_left_out.number + excluded.number"""
_USERS = f"""
SELECT users.*, (SELECT count(*) FROM tokens WHERE "user" = key) AS tokens,
    (SELECT count(*) FROM sessions WHERE "user" = key AND until > {_NOW}) AS sessions
FROM users {{}} ORDER BY key
"""  # noqa: S608
_BY_SHOWN = 'WHERE key = (SELECT "user" FROM tokens WHERE digest = ?)'
_SESSIONS = f'WHERE key = (SELECT "user" FROM sessions WHERE digest = ? AND until > {_NOW})'  # noqa: S608


class People(Database):
    """The part of the catalogue that knows users."""

    def users(self) -> list[User]:
        """All users, by name."""
        return [_user(row) for row in self._all(_USERS.format(""))]

    def has_users(self) -> bool:
        """Whether people have to sign in."""
        return self._one("SELECT 1 FROM users LIMIT 1") is not None

    @property
    def is_open_here(self) -> bool:
        """Whether somebody said that whoever has an account on this machine may use the archive."""
        return self._one("SELECT 1 FROM meta WHERE key = 'open here'") is not None

    def open_here(self) -> None:
        """Note that whoever has an account on this machine may use the archive."""
        with self._writing() as db:
            db.execute(NOTED, ("open here", 1))

    def user(self, name: str) -> User:
        """The user of a name, however it is capitalised; raises ``MissingError`` when there is none."""
        row = self._one(_USERS.format("WHERE key = ?"), name_key(name))
        if row is None:
            raise _nobody(name)
        return _user(row)

    def is_called(self, user: User, name: str) -> bool:
        """Whether this is the name of a user, however it is capitalised."""
        return name_key(user.name) == name_key(name)

    def add_user(self, name: str, role: Role) -> User:
        """Add a user without a password; raises ``UsageError`` for a name that is taken or cannot be one."""
        shown = _checked(name)
        with self._writing() as db:
            if db.execute("SELECT 1 FROM users WHERE key = ?", (name_key(shown),)).fetchone():
                raise UsageError(_("there is a user %(shown)s already", shown=shown), _("notes user list shows all."))
            row = (name_key(shown), shown, role, now())
            db.execute("INSERT INTO users (key, name, role, made_at) VALUES (?, ?, ?, ?)", row)
        return self.user(shown)

    def set_role(self, name: str, role: Role) -> None:
        """Change what a user may do, from their next request on."""
        if role == "manage" and self.user(name).folders is not None:
            raise UsageError(_("who may manage an archive sees all of it"), _("First: notes user folders NAME --all."))
        self._change("UPDATE users SET role = ?2 WHERE key = ?1", name, role)

    def set_folders(self, name: str, folders: Sequence[Path] | None) -> None:
        """Let a user see some folders alone, or with ``None`` the whole archive. Raises ``UsageError`` for one who may
        manage it, and ``MissingError`` for a folder in which no document lies."""
        from indexer.catalog.rights import inside  # a search needs none of it

        if folders is not None and self.user(name).role == "manage":
            raise UsageError(
                _("who may manage an archive sees all of it"), _("Give them another role: notes user role.")
            )
        keys = None if folders is None else [self._key(each) for each in folders]
        for key, each in zip(keys or (), folders or (), strict=True):
            if self._one(f"SELECT 1 FROM places WHERE {inside(key)} LIMIT 1") is None:  # noqa: S608 - hexadecimal
                raise MissingError(
                    _("no document lies in %(each)s", each=each), _("notes documents lists what there is.")
                )
        kept = None if keys is None else json.dumps([key.hex() for key in keys])
        self._change("UPDATE users SET folders = ?2 WHERE key = ?1", name, kept)

    def folders_of(self, user: User) -> tuple[Path, ...] | None:
        """The folders that a user may see; ``None`` for the whole archive."""
        return None if user.folders is None else tuple(map(self._path, user.folders))

    def set_password(self, name: str, hashed: str | None) -> None:
        """Keep the hash of a password, or take the password away. The user has to sign in again everywhere."""
        with self._writing() as db:
            _check_known(db, name)
            db.execute("UPDATE users SET password = ? WHERE key = ?", (hashed, name_key(name)))
            db.execute('DELETE FROM sessions WHERE "user" = ?', (name_key(name),))

    def rehash(self, name: str, before: str, hashed: str) -> None:
        """Keep another hash of the same password, unless the password was changed meanwhile."""
        with self._writing() as db:
            sql = "UPDATE users SET password = ? WHERE key = ? AND password = ?"
            db.execute(sql, (hashed, name_key(name), before))

    def remove_user(self, name: str) -> None:
        """Remove a user with their tokens, sessions and saved searches. What they said stays, with their name."""
        with self._writing() as db:
            _check_known(db, name)
            db.execute("DELETE FROM users WHERE key = ?", (name_key(name),))
            db.execute("DELETE FROM saved_searches WHERE who = ?", (name_key(name),))

    def password_of(self, name: str) -> str | None:
        """The hash of a user's password; ``None`` if there is no such user, or no password."""
        row = self._one("SELECT password FROM users WHERE key = ?", name_key(name))
        return None if row is None else row["password"]

    def new_token(self, name: str) -> str:
        """Give a user one more token; its text, which is not kept."""
        text = secrets.token_urlsafe(32)
        with self._writing() as db:
            _check_known(db, name)
            db.execute("INSERT INTO tokens VALUES (?, ?, ?)", (_digest(text), name_key(name), now()))
        return text

    def end_tokens(self, name: str) -> int:
        """End all tokens of a user; how many there were."""
        with self._writing() as db:
            _check_known(db, name)
            return db.execute('DELETE FROM tokens WHERE "user" = ?', (name_key(name),)).rowcount

    def user_by_token(self, text: str) -> User | None:
        """Whose token this is, if it is one. The text is looked up by its hash: how long that takes tells nothing."""
        return self._found(_BY_SHOWN, text)

    def bind(self, name: str, source: str, subject: str) -> None:
        """Note by what a user is called elsewhere. Raises ``UsageError`` if somebody else is called so there."""
        with self._writing() as db:
            _check_known(db, name)
            sql = "SELECT person FROM subjects WHERE source = ? AND subject = ?"
            bound = db.execute(sql, (source, subject)).fetchone()
            if bound is not None and bound["person"] != name_key(name):
                who = bound["person"]
                hint = _("First: notes user bind %(who)s --end.", who=who)
                raise UsageError(_("%(subject)s is %(who)s already", subject=repr(subject), who=who), hint)
            if bound is None:
                db.execute("INSERT INTO subjects VALUES (?, ?, ?)", (source, subject, name_key(name)))

    def unbind(self, name: str) -> int:
        """A user is called by nothing elsewhere any more; by how much they were. They are signed out everywhere."""
        with self._writing() as db:
            _check_known(db, name)
            db.execute('DELETE FROM sessions WHERE "user" = ?', (name_key(name),))
            return db.execute("DELETE FROM subjects WHERE person = ?", (name_key(name),)).rowcount

    def subjects(self) -> dict[str, list[tuple[str, str]]]:
        """By what users are called elsewhere: the sources and what they say, by the key of each name."""
        found: dict[str, list[tuple[str, str]]] = {}
        for row in self._all("SELECT * FROM subjects ORDER BY person, source, subject"):
            found.setdefault(row["person"], []).append((row["source"], row["subject"]))
        return found

    def user_by_subject(self, source: str, subject: str) -> User | None:
        """Who is called so elsewhere."""
        where = "WHERE key = (SELECT person FROM subjects WHERE source = ? AND subject = ?)"
        row = self._one(_USERS.format(where), source, subject)
        return None if row is None else _user(row)

    def add_subject(self, source: str, subject: str, role: Role) -> User:
        """The user of whom it is said elsewhere that they are called so: a new one of this name, if there was none.
        Raises ``UsageError`` if it can be no name, or somebody here has it: that may be somebody else."""
        shown = _checked(subject)
        with self._writing() as db:
            sql = "SELECT 1 FROM subjects WHERE source = ? AND subject = ?"
            if db.execute(sql, (source, subject)).fetchone() is None:
                if db.execute("SELECT 1 FROM users WHERE key = ?", (name_key(shown),)).fetchone():
                    hint = _(
                        "Whoever looks after the archive says whether that is you: notes user bind %(shown)s.",
                        shown=shown,
                    )
                    raise UsageError(_("somebody here has the name %(shown)s already", shown=shown), hint)
                row = (name_key(shown), shown, role, now())
                db.execute("INSERT INTO users (key, name, role, made_at) VALUES (?, ?, ?, ?)", row)
                db.execute("INSERT INTO subjects VALUES (?, ?, ?)", (source, subject, name_key(shown)))
        found = self.user_by_subject(source, subject)
        if found is None:
            raise _nobody(shown)
        return found

    def begin_session(self, name: str, seconds: int) -> str:
        """Sign a user in for so long; the text that the browser keeps, which is not kept here."""
        text = secrets.token_urlsafe(32)
        with self._writing() as db:
            _check_known(db, name)
            db.execute(f"DELETE FROM sessions WHERE until <= {_NOW}")  # noqa: S608
            sql = f"INSERT INTO sessions VALUES (?, ?, ?, {_NOW} + ?)"  # noqa: S608
            db.execute(sql, (_digest(text), name_key(name), now(), seconds))
        return text

    def user_by_session(self, text: str) -> User | None:
        """Who is signed in with what a browser kept, if it is still valid."""
        return self._found(_SESSIONS, text)

    def end_session(self, text: str) -> None:
        """Sign a browser out; nothing happens if it is not signed in."""
        with self._writing() as db:
            db.execute("DELETE FROM sessions WHERE digest = ?", (_digest(text),))

    def end_sessions(self, name: str) -> int:
        """Sign a user out everywhere; in how many browsers they were signed in."""
        with self._writing() as db:
            _check_known(db, name)
            return db.execute('DELETE FROM sessions WHERE "user" = ?', (name_key(name),)).rowcount

    def note_deed(self, who: str, address: str, deed: str, *, refused: bool = False, claimed: bool = False) -> None:
        """Note what somebody did or tried. A name that was only ``claimed`` is nobody's: what is tried under it does
        not drive out what its owner did."""
        person = "" if claimed else name_key(_cut(who))
        row = (now(), _cut(who), _cut(address), _cut(deed), refused, person)
        with self._writing() as db:
            db.execute("INSERT INTO log (at, who, address, deed, refused, person) VALUES (?, ?, ?, ?, ?, ?)", row)
            gone = db.execute(_TOO_OLD, (person, refused, MOST_REFUSED if refused else MOST_NOTED)).rowcount
            if gone:
                db.execute(_LEFT_OUT, (person, refused, _cut(who) if person else "", gone))

    def log(self, limit: int) -> list[LogEntry]:
        """What people did and tried, the last first."""
        rows = self._all("SELECT * FROM log ORDER BY id DESC LIMIT ?", limit)
        return [LogEntry(row["at"], row["who"], row["address"], row["deed"], bool(row["refused"])) for row in rows]

    def left_out_of_log(self) -> list[LeftOut]:
        """Of whom entries are not kept any more, by name, and how many."""
        rows = self._all("SELECT * FROM log_left_out ORDER BY person, refused")
        return [LeftOut(row["who"], bool(row["refused"]), row["number"]) for row in rows]

    def _found(self, where: str, text: str) -> User | None:
        row = self._one(_USERS.format(where), _digest(text))
        return None if row is None else _user(row)

    def _change(self, sql: str, name: str, *values: object) -> None:
        with self._writing() as db:
            if not db.execute(sql, (name_key(name), *values)).rowcount:
                raise _nobody(name)


def _user(row: sqlite3.Row) -> User:
    """A user. A role that is none allows the least: a catalogue may come from anybody."""
    folders = _folders(row["folders"])
    role: Role = row["role"] if row["role"] in get_args(Role) else "read"
    return User(row["name"], role, row["password"] is not None, row["tokens"], row["sessions"], row["made_at"], folders)


def _folders(kept: str | None) -> tuple[bytes, ...] | None:
    """The folders in a row. What makes no sense is none at all: a catalogue may come from anybody."""
    try:
        return None if kept is None else tuple(bytes.fromhex(each) for each in json.loads(kept))
    except (ValueError, TypeError):
        return ()


def _check_known(db: sqlite3.Connection, name: str) -> None:
    if db.execute("SELECT 1 FROM users WHERE key = ?", (name_key(name),)).fetchone() is None:
        raise _nobody(name)


def _nobody(name: str) -> MissingError:
    return MissingError(
        _("there is no user %(name)s", name=repr(name[:_LONGEST])),
        _("notes user list shows all, notes user add adds one."),
    )


def _checked(name: str) -> str:
    shown = unicodedata.normalize("NFC", name).strip()
    if not shown or len(shown) > _LONGEST or not shown.isprintable():
        raise UsageError(
            _("that is no name"), _("Give 1 to %(longest)s letters, such as anna or Anna Berg.", longest=_LONGEST)
        )
    return shown


def _cut(text: str) -> str:
    """A text as the log keeps it: what others send may be long, and no text."""
    return text.encode("utf-8", "backslashreplace").decode()[:300]


def _digest(text: str) -> str:
    # Each text has 256 random bits, so a fast hash is enough against guessing.
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
