"""Settings: flag > NOTES_* environment > ./notes.toml > the user's config file > default.

Options of engines too: ``threshold`` in the table ``[engines.one]`` is ``NOTES_ONE_THRESHOLD`` in the environment.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from platformdirs import user_config_path, user_data_path

from indexer.system.machine import cores
from indexer.system.option import variable_of
from indexer.system.options import SETTINGS
from indexer.translation import _
from indexer.values.errors import UsageError
from indexer.values.thresholds import Thresholds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from indexer.system.option import Kind, Option

LOCAL = "notes.toml"
"""The settings file of a folder, which may come from anybody."""
_NAMES = (*SETTINGS, *(option.earlier for option in SETTINGS.values() if option.earlier))
"""The names of the settings, former names included."""
_ON, _OFF = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
"""What a switch is set by; files have true and false."""
_MISSPELT = 0.85
"""Likeness (0–1) from which an unknown variable is taken for a misspelt one of ours: a letter or two of ten differ."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force; ``origins`` says where each comes from.

    ``threshold`` is a fraction, ``page_timeout`` and ``search_timeout`` are in seconds, ``engines`` the tables
    ``[engines.NAME]``. ``remarks`` are sentences about what was given and has no effect, or has another name now.
    """

    index: Path
    engine: str
    language: str | None
    threshold: float
    workers: int
    page_timeout: float
    search_timeout: float
    shards: str
    pdf_text: Literal["auto", "use", "check", "ignore"]
    sidecar_text: Literal["auto", "use", "check", "ignore"]
    max_pixels: int
    plugin_folder: Path
    model: str | None = None
    fetch_from: str | None = None
    leaf_through_folders: bool = True
    describe_from_names: str | None = None
    person: str | None = None
    locale: str | None = None
    thorough: bool = False
    remote_user: str | None = None
    oidc_issuer: str | None = None
    oidc_client: str | None = None
    oidc_secret: Path | None = None
    oidc_claim: str = "sub"
    unknown_people: Literal["refuse", "read", "review"] = "refuse"
    engines: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def threads(self) -> int:
        """Threads that a worker may use so that all workers together do not exceed the cores."""
        return max(1, cores() // self.workers)

    @property
    def model_folder(self) -> Path:
        """Where the recognition models lie that every index of this user may use."""
        return user_data_path("notes", appauthor=False) / "models"

    @property
    def names_folder(self) -> Path:
        """Where the user's own tables of names lie: a folder a language."""
        return user_config_path("notes", appauthor=False) / "names"

    @property
    def thresholds(self) -> Thresholds:
        """The acceptance thresholds, those of single engines included."""
        own = {
            name: percent_setting(f"engines.{name}.threshold", table["threshold"])
            for name, table in self.engines.items()
            if "threshold" in table
        }
        return Thresholds(self.threshold, own)

    def engine_settings(self, engine: str, private: frozenset[str] = frozenset()) -> dict[str, object]:
        """An engine's own options from its table.

        Raises ``UsageError`` for one of the ``private`` ones in the notes.toml of the current folder.
        """
        for option in sorted(private & self.engines.get(engine, {}).keys()):
            origin = self.origins.get(f"engines.{engine}.{option}", "")
            if Path(origin).name == LOCAL:
                raise UsageError(
                    _(
                        "%(origin)s: %(option)s of the engine %(engine)s cannot be set here, since a folder of "
                        "pages must not say what is loaded or who is asked",
                        origin=origin,
                        option=option,
                        engine=engine,
                    ),
                    _(
                        "Set it in your own config file or as NOTES_%(upper)s_%(upper2)s.",
                        upper=engine.upper(),
                        upper2=option.upper(),
                    ),
                )
        return {key: value for key, value in self.engines.get(engine, {}).items() if key != "threshold"}


def percent_setting(name: str, value: object) -> float:
    """A fraction from a percentage as people write it (``75``, ``75%``); raises ``UsageError``."""
    text = str(value).strip().removesuffix("%").strip()
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if isinstance(value, bool) or not 0 <= percent <= 100:
        raise UsageError(
            _("%(name)s: %(value)s is not a percent", name=name, value=repr(value)),
            _("Give a number from 0 to 100, such as 75."),
        )
    if 0 < percent < 1:
        raise UsageError(
            _("%(name)s: %(text)s would be less than one percent", name=name, text=text),
            _("Did you mean %(percent)s? Percent are from 0 to 100.", percent=format(percent * 100, "g")),
        )
    return percent / 100


def _text(_option: Option, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def _path(_option: Option, value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("a path")
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # nobody has the name in ~name
        raise ValueError("a path below a home folder that there is") from error


def _whole(option: Option, value: object) -> int:
    least = int(option.least or 0)
    try:
        number = int(str(value))
    except ValueError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise ValueError(f"a whole number from {least}")
    return number


def _seconds(_option: Option, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if isinstance(value, bool) or not 0 < number < float("inf"):
        raise ValueError("a number of seconds above 0")
    return number


def _choice(option: Option, value: object) -> str:
    if value not in option.choices:
        raise ValueError(f"{', '.join(option.choices[:-1])} or {option.choices[-1]}")
    return str(value)


def _switch(_option: Option, value: object) -> bool:
    said = str(value).lower()
    if said not in (*_ON, *_OFF):
        raise ValueError("true or false")
    return said in _ON


_MADE: Mapping[Kind, Callable[[Option, object], object]] = {
    "text": _text,
    "path": _path,
    "whole": _whole,
    "percent": lambda option, value: percent_setting(option.name, value),
    "seconds": _seconds,
    "choice": _choice,
    "switch": _switch,
}


def made_of(option: Option, value: object) -> object:
    """A setting from its text; raises ``UsageError``, or ``ValueError`` with what it has to be."""
    return _MADE[option.kind](option, value)


@dataclass(frozen=True, slots=True)
class _Layer:
    """The settings from one place. Relative paths are relative to ``base``."""

    origin: str
    values: Mapping[str, object]
    base: Path


def load(flags: Mapping[str, object], *, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Settings:
    """The settings in force; raises ``UsageError`` that names the place of a wrong setting."""
    environ = os.environ if environ is None else environ
    here = Path.cwd() if cwd is None else cwd
    local, user = here / LOCAL, user_config_path("notes", appauthor=False) / "config.toml"
    files = [_read(local, trusted=False), _read(user, trusted=True)]
    environment = {name: environ[variable_of(name)] for name in _NAMES if environ.get(variable_of(name), "") != ""}
    layers = [
        _Layer("flag", flags, here),
        _Layer("environment", environment, here),
        *(_Layer(str(path), table, path.parent) for path, table in zip((local, user), files, strict=True)),
        _Layer("default", {name: option.here for name, option in SETTINGS.items()}, here),
    ]
    found: dict[str, Any] = {}
    origins: dict[str, str] = {}
    remarks: list[str] = []
    for name, option in SETTINGS.items():
        layer = next(layer for layer in layers if {name, option.earlier} & layer.values.keys())
        given = name if name in layer.values else option.earlier
        found[name] = _value(option, layer, given)
        origins[name] = _origin(given, layer)
        if given != name:
            remarks.append(_renamed(given, name, layer))
    tables = [*_engine_variables(environ), *zip(files, (str(local), str(user)), strict=True)]
    engines, engine_origins = _engines(tables)
    remarks += _misspelt(environ)
    if origins["index"] == "default":
        remarks += _index_here(here)
    return Settings(**found, engines=engines, origins=origins | engine_origins, remarks=tuple(remarks))


def _origin(name: str, layer: _Layer) -> str:
    return variable_of(name) if layer.origin == "environment" else layer.origin


def _renamed(given: str, name: str, layer: _Layer) -> str:
    """A sentence for a setting that was given by its former name."""
    if layer.origin == "environment":
        return f"{variable_of(given)} is called {variable_of(name)} now"
    return f"{layer.origin}: {given} is called {name} now"


def _value(option: Option, layer: _Layer, name: str) -> object:
    value = layer.values[name]
    if value is None:
        return None
    try:
        made = made_of(option, value)
    except ValueError as error:
        raise UsageError(
            _("%(origin)s: %(name)s is %(value)s", origin=_origin(name, layer), name=name, value=repr(value)),
            _("It has to be %(why)s.", why=error),
        ) from error
    except UsageError as error:
        raise UsageError(f"{_origin(name, layer)}: {error.message}", error.hint) from error
    return layer.base / made if isinstance(made, Path) else made


def _read(path: Path, *, trusted: bool) -> dict[str, Any]:
    """The table in a settings file, its keys checked; empty without the file."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors on Windows mark it
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # also numbers too long, and lists nested too deeply
        raise UsageError(
            _("%(path)s cannot be used: %(why)s", path=path, why=error), _("Mend it, or move it away.")
        ) from error
    for key in table:
        if key not in (*_NAMES, "engines"):
            near = difflib.get_close_matches(key, [*SETTINGS, "engines"], 1)
            hint = (
                _("Did you mean %(near)s?", near=near[0])
                if near
                else _("There are: %(settings)s, [engines.NAME].", settings=", ".join(SETTINGS))
            )
            raise UsageError(_("%(path)s: there is no setting %(key)s", path=path, key=repr(key)), hint)
    for key in table if not trusted else ():
        if key in SETTINGS and SETTINGS[key].trusted:
            raise UsageError(
                _(
                    "%(path)s: %(key)s cannot be set here: a folder of pages must not bring code along, nor "
                    "say who is asked",
                    path=path,
                    key=key,
                ),
                _("Set it in your own config file or as %(variable)s.", variable=SETTINGS[key].variable),
            )
    engines = table.get("engines", {})
    if not isinstance(engines, dict) or not all(isinstance(each, dict) for each in engines.values()):
        raise UsageError(
            _("%(path)s: engines has to hold tables", path=path), _("Write [engines.NAME] and the options below it.")
        )
    for engine, options in engines.items():
        _check_options(f"{path}: engines.{engine}", options)
    return table


def _check_options(place: str, options: Mapping[str, object]) -> None:
    """Refuse here, naming the file, what would fail in the middle of a run."""
    for key, value in options.items():
        if key == "threshold":
            percent_setting(f"{place}.{key}", value)
        try:
            json.dumps(value)  # a reading is kept with the settings it was made with
        except TypeError as error:
            raise UsageError(
                _("%(place)s.%(key)s is a date or a time", place=place, key=key), _("Write it in quotes.")
            ) from error


def _index_here(here: Path) -> Iterator[str]:
    """A sentence about an index in the current folder: it may come from anybody, and is used only if it is named."""
    if os.path.isfile(here / "index" / "catalog.sqlite"):  # noqa: PTH113 - is_file() raises in a folder that is shut
        yield f'{here / "index"} is not used; --index index uses it, and so does index = "index" in notes.toml'


def _misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable that looks like a setting and is none. Engines are not known here."""
    ours = [*map(variable_of, _NAMES), "NOTES_PLUGIN_PATH"]
    for variable in sorted(environ):
        if variable.startswith("NOTES_") and variable not in ours:
            near = difflib.get_close_matches(variable, ours, 1, _MISSPELT)
            if near:
                yield f"{variable} is no setting and has no effect; did you mean {near[0]}?"


def _engine_variables(environ: Mapping[str, str]) -> list[tuple[dict[str, Any], str]]:
    """A table and its origin for each variable ``NOTES_ENGINE_OPTION`` that is set."""
    tables = []
    for variable, value in sorted(environ.items()):
        engine, _, option = variable.removeprefix("NOTES_").lower().partition("_")
        is_ours = variable.startswith("NOTES_") and f"{engine}_{option}" not in (*_NAMES, "plugin_path")
        if is_ours and option and value:
            tables.append(({"engines": {engine: {option: value}}}, variable))
    return tables


def _engines(
    tables: Sequence[tuple[Mapping[str, Any], str]],
) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    """The tables of the engines, each with its origin, merged key by key; the first wins."""
    merged: dict[str, dict[str, object]] = {}
    where: dict[str, str] = {}
    for table, origin in reversed(tables):
        for engine, options in table.get("engines", {}).items():
            merged.setdefault(engine, {}).update(options)
            where.update({f"engines.{engine}.{key}": origin for key in options})
    return merged, where
