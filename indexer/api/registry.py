"""Finding, loading and checking plugins. One that fails is kept with the reason; the others work on."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import pluggy

from indexer.api import hooks
from indexer.formats.added import Format
from indexer.system.paths import is_gone, is_there
from indexer.translation import _
from indexer.values import Check, Engine, Source, Variants
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    import typer

    from indexer.values import DescriptionField, SourceFile

Offer: TypeAlias = Source | Engine | Variants | Format | Check
Descriptor = TypeVar("Descriptor", Source, Engine, Variants, Format, Check)

SHIPPED = ("archives", "aspose", "djvu", "embedded", "iiif", "images", "mail", "mets", "pdf", "pen", "remote")
"""The plugins that ship, by name; anything else in their folder is ignored."""
BUILT_IN, ENTRY_POINT, FOLDER, PATH = "built-in", "entry point", "plugin folder", "NOTES_PLUGIN_PATH"
"""The layers in the order in which they load: a later one shadows an earlier one."""
_LAYERS = (BUILT_IN, ENTRY_POINT, FOLDER, PATH)
_Kind: TypeAlias = type[Source] | type[Engine] | type[Variants] | type[Format] | type[Check]
_HOOKS: tuple[tuple[str, _Kind], ...] = (
    ("notes_sources", Source),
    ("notes_engines", Engine),
    ("notes_variants", Variants),
    ("notes_formats", Format),
    ("notes_checks", Check),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A plugin that could not be used, wholly or in part, and the reason."""

    plugin: str
    message: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that was found; ``shadowed`` names what a later layer replaces."""

    name: str
    layer: str
    location: str
    provides: tuple[str, ...] = ()
    shadowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """The usable plugins, by what they provide."""

    sources: Mapping[str, Source]
    engines: Mapping[str, Engine]
    variants: Mapping[str, Variants]
    formats: Mapping[str, Format]
    checks: Mapping[str, Check]
    plugins: tuple[Plugin, ...]
    problems: tuple[Problem, ...]
    _suffixes: Mapping[str, Source] = field(repr=False)
    _manager: pluggy.PluginManager = field(repr=False)

    def source_for(self, path: Path) -> Source | None:
        """The source that reads a file: the one of its suffix, if that recognises the file where others have it too."""
        source = self._suffixes.get(self.suffix_of(path))
        if source is None or source.recognises is None:
            return source
        return source if _is_file(path) and source.recognises(path) else None  # a pipe would keep who looks waiting

    def source_inside(self, name: str) -> Source | None:
        """The source that reads files of this name inside another file. One that has to look at them does not."""
        source = self._suffixes.get(self.suffix_of(Path(name)))
        return None if source is not None and source.recognises else source

    def beside(self, path: Path) -> Iterable[Path]:
        """The files that are pages of another one, but none that has files or pages of its own."""
        source = self.source_for(path)
        named = source.beside(path) if source is not None and source.beside else ()
        return [at for at in named if not ((its := self.source_for(at)) and (its.beside or its.inside or its.contents))]

    def texts(self, path: Path) -> Mapping[int, Path]:
        """The files of text that the file at this path binds to its pages, by their numbers."""
        source = self.source_for(path)
        return source.texts(path) if source is not None and source.texts else {}

    def describing_suffixes(self) -> frozenset[str]:
        """The suffixes of files that may say what they are."""
        return frozenset(suffix for suffix, source in self._suffixes.items() if source.describe)

    def described(self, path: Path) -> Mapping[DescriptionField, Sequence[str]] | None:
        """What the file at this path says of the document that it is; ``None`` if it is not of a kind that does."""
        source = self.source_for(path)
        return source.describe(path) if source is not None and source.describe else None

    def format_of(self, path: Path) -> Format | None:
        """The format of a plugin that reads a file of text with this suffix."""
        suffix, formats = path.suffix.lower(), self.formats.values()
        return next((each for each in formats if each.read and suffix in each.suffixes), None)

    def text_suffixes(self) -> frozenset[str]:
        """The suffixes of files of text that plugins read."""
        return frozenset(suffix for each in self.formats.values() if each.read for suffix in each.suffixes)

    def suffix_of(self, path: Path) -> str:
        """The suffix of a file, in lower case: a double one such as ``.tar.gz`` if a source reads that."""
        double = "".join(path.suffixes[-2:]).lower()
        return double if double in self._suffixes else path.suffix.lower()

    def source_of(self, file: SourceFile) -> Source | None:
        """The source that reads a file: in a container that of its suffix, inside another file that of the other."""
        source = self.source_for((file.holder or file).path)
        for name in file.names:
            if source is not None and source.contents is not None:
                source = self.source_inside(name) or source
        return source

    def engine(self, name: str) -> Engine:
        """The engine of this name; raises ``UnavailableError`` saying which there are."""
        if name in self.engines:
            return self.engines[name]
        trouble = "".join(f" Plugin {problem.plugin}: {problem.message}." for problem in self.problems)
        hint = _("There are: %(engines)s.", engines=", ".join(sorted(self.engines)) or "–") + trouble
        raise UnavailableError(_("there is no engine %(name)s", name=repr(name)), hint)

    def add_commands(self, app: typer.Typer) -> list[Problem]:
        """Let the plugins add their subcommands, each plugin all or none; returns the problems."""
        import typer

        problems = []
        for implementation in self._manager.hook.notes_commands.get_hookimpls():
            own = typer.Typer()
            own.callback()(lambda: None)
            try:
                implementation.function(*[{"app": own}[name] for name in implementation.argnames])
                typer.main.get_command(own)  # a parameter that cannot be an option fails here and not in every --help
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything; it only loses its commands
                problems.append(Problem(implementation.plugin_name, f"notes_commands failed: {_reason(error)}"))
                continue
            app.registered_commands += own.registered_commands
            app.registered_groups += own.registered_groups
        return problems


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    layer: str
    location: str
    load: Callable[[], Any]


def load_registry(plugin_folder: Path, environ: Mapping[str, str] | None = None) -> Registry:
    """Load every plugin of every layer. A plugin that fails never raises: see ``Registry.problems``."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    problems: list[Problem] = []
    plugins: dict[str, Plugin] = {}
    with redirect_stdout(sys.stderr):  # what a plugin prints must not mix with the data
        for candidate in _candidates(plugin_folder, os.environ if environ is None else environ, problems):
            found = _register(manager, candidate)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                plugins[found] = Plugin(found, candidate.layer, candidate.location)
        offers = _ask(manager, plugins, problems)
    sources = _chosen(offers, Source, plugins, problems)
    engines = _chosen(offers, Engine, plugins, problems)
    variants = _chosen(offers, Variants, plugins, problems)
    formats = _chosen(offers, Format, plugins, problems)
    checks = _chosen(offers, Check, plugins, problems)
    suffixes = _by_suffix(sources, plugins, problems)
    for impl in manager.hook.notes_commands.get_hookimpls():
        _provide(plugins, impl.plugin_name, "commands")
    return Registry(
        {name: source for name, (source, _) in sources.items()},
        {name: engine for name, (engine, _) in engines.items()},
        {name: each for name, (each, _) in variants.items()},
        {name: each for name, (each, _) in formats.items()},
        {name: check for name, (check, _) in checks.items()},
        tuple(plugins.values()),
        tuple(problems),
        suffixes,
        manager,
    )


def _candidates(plugin_folder: Path, environ: Mapping[str, str], problems: list[Problem]) -> Iterator[_Candidate]:
    for name in SHIPPED:
        module = f"indexer.plugins.{name}"
        yield _Candidate(name, BUILT_IN, module, partial(importlib.import_module, module))
    for entry in sorted(entry_points(group="notes.plugins"), key=lambda entry: entry.name):
        owner = entry.dist.name if entry.dist else entry.value
        yield _Candidate(entry.name, ENTRY_POINT, owner, entry.load)
    if not is_gone(plugin_folder):
        yield from _files(plugin_folder, FOLDER, problems)
    parts = filter(None, environ.get("NOTES_PLUGIN_PATH", "").split(os.pathsep))
    for path in dict.fromkeys(map(Path, parts)):
        if is_gone(path):
            problems.append(Problem(str(path), "NOTES_PLUGIN_PATH names it, but there is no such file or folder"))
        elif is_there(path) and path.is_file():
            yield _file(path, PATH)
        else:
            yield from _files(path, PATH, problems)


def _files(folder: Path, layer: str, problems: list[Problem]) -> Iterator[_Candidate]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        problems.append(Problem(str(folder), f"the folder cannot be looked into: {(error.strerror or '').lower()}"))
        return
    for path in paths:
        if path.suffix == ".py" and not path.name.startswith("_"):
            yield _file(path, layer)


def _file(path: Path, layer: str) -> _Candidate:
    return _Candidate(path.stem, layer, str(path), partial(_import_file, path))


def _import_file(path: Path) -> ModuleType:
    # The hash of the path is in the name, so that two plugin files of one name are two modules.
    name = f"notes_plugin_{path.stem}_{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look up modules by name
    spec.loader.exec_module(module)
    return module


def _register(manager: pluggy.PluginManager, candidate: _Candidate) -> str | Problem:
    """Register a plugin wholly or not at all; returns the name it got."""
    name = candidate.name
    if manager.has_plugin(name):
        name = f"{candidate.name} ({candidate.location})"
    try:
        plugin = candidate.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a plugin is its own end, not ours
        return Problem(name, f"it cannot be imported from {candidate.location}: {_reason(error)}")
    if plugin is None:
        return Problem(name, f"there is nothing at {candidate.location}")
    if manager.is_registered(plugin):  # unregistering it below would take the first one away
        return Problem(name, f"it is the same plugin as {manager.get_name(plugin)}. Remove one")
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except Exception as error:  # noqa: BLE001 - pluggy reads every attribute, and reading one may raise anything
        if manager.is_registered(plugin):
            manager.unregister(plugin)
        return Problem(name, " ".join(str(error).split()))
    if not manager.get_hookcallers(plugin):
        manager.unregister(plugin)
        return Problem(name, f"{candidate.location} has no function marked @hookimpl")
    return name


def _ask(manager: pluggy.PluginManager, plugins: dict[str, Plugin], problems: list[Problem]) -> list[tuple[Offer, str]]:
    """What every plugin offers, with its name. All are asked before anything is chosen; one that fails offers
    nothing."""
    offers: list[tuple[Offer, str]] = []
    for name in list(plugins):
        own: list[tuple[Offer, str]] = []
        hook = ""
        try:
            for hook, kind in _HOOKS:
                for implementation in getattr(manager.hook, hook).get_hookimpls():
                    if implementation.plugin_name == name:
                        own += [(_checked(each, kind), name) for each in implementation.function()]
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything; it only loses itself
            problems.append(Problem(name, f"{hook} failed: {_reason(error)}"))
            manager.unregister(name=name)
            del plugins[name]
        else:
            offers += own
    return offers


def _chosen(
    offers: list[tuple[Offer, str]],
    kind: type[Descriptor],
    plugins: dict[str, Plugin],
    problems: list[Problem],
) -> dict[str, tuple[Descriptor, str]]:
    """The descriptors of a kind by name, each with its plugin: later layers shadow, and doubles in one layer are
    refused."""
    by_name: dict[str, list[tuple[Descriptor, str]]] = {}
    for each, plugin in offers:
        if isinstance(each, kind):
            by_name.setdefault(each.name, []).append((each, plugin))
    chosen = {}
    for name, given in by_name.items():
        winner = _choose(f"{kind.__name__.lower()} {name}", [plugin for _, plugin in given], plugins, problems)
        if winner is not None:
            chosen[name] = next(pair for pair in given if pair[1] == winner)
    return chosen


def _checked(value: object, kind: _Kind) -> Offer:
    if not isinstance(value, kind):
        raise TypeError(f"it gives {value!r} where a {kind.__name__} belongs")
    if not isinstance(value.name, str) or not value.name:
        raise TypeError(f"a {kind.__name__} has the name {value.name!r}, which has to be a text")
    if isinstance(value, Source | Format):
        _check_suffixes(f"{kind.__name__.lower()} {value.name}", value.suffixes)
    if isinstance(value, Format) and not value.suffixes:
        raise ValueError(f"format {value.name} has no suffix")
    return value


def _check_suffixes(what: str, suffixes: object) -> None:
    if not isinstance(suffixes, tuple):
        raise TypeError(f"{what}: suffixes are {suffixes!r}, which has to be a tuple of texts")
    for suffix in suffixes:
        if not isinstance(suffix, str) or not suffix.startswith(".") or suffix != suffix.lower():
            raise ValueError(f"{what}: suffix {suffix!r} has to be lower case and begin with a dot")


def _choose(what: str, givers: Iterable[str], plugins: dict[str, Plugin], problems: list[Problem]) -> str | None:
    """The plugin of the last layer that offers a thing. If that layer has two, they are a problem and neither is
    used."""
    by_layer: dict[str, list[str]] = {}
    for plugin in givers:
        by_layer.setdefault(plugins[plugin].layer, []).append(plugin)
    last = max(by_layer, key=_LAYERS.index)
    for layer, names in by_layer.items():
        for name in names:
            if layer != last:
                found = plugins[name]
                plugins[name] = replace(found, shadowed=(*found.shadowed, what))
    if len(by_layer[last]) > 1:
        one, other, *_ = by_layer[last]
        message = f"{what} is given by both {one} and {other} ({last}); neither is used. Remove one"
        problems.append(Problem(other, message))
        return None
    _provide(plugins, by_layer[last][0], what)
    return by_layer[last][0]


def _by_suffix(
    sources: Mapping[str, tuple[Source, str]], plugins: dict[str, Plugin], problems: list[Problem]
) -> dict[str, Source]:
    suffixes: dict[str, list[tuple[Source, str]]] = {}
    for source, plugin in sources.values():
        for suffix in dict.fromkeys(source.suffixes):
            suffixes.setdefault(suffix, []).append((source, plugin))
    chosen = {}
    for suffix, given in suffixes.items():
        if len(given) == 1:
            chosen[suffix] = given[0][0]
            continue
        winner = _choose(f"suffix {suffix}", [plugin for _, plugin in given], plugins, problems)
        if winner is not None:
            chosen[suffix] = next(source for source, plugin in given if plugin == winner)
    return chosen


def _provide(plugins: dict[str, Plugin], name: str, what: str) -> None:
    if name in plugins:
        plugins[name] = replace(plugins[name], provides=(*plugins[name].provides, what))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # it cannot be looked at, or no system has such a name
        return False


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
