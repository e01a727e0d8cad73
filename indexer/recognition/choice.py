"""Which engines read: those that a person named, or the best that is there, and what each is opened with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.api import models
from indexer.system.setting_options import AUTO
from indexer.text.languages import language_for
from indexer.translation import _
from indexer.values import EngineChoice, EngineOptions
from indexer.values.errors import NotesError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings
    from indexer.values import Engine

EMBEDDED = "embedded"
"""The engine that is always there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The engines that read, and a sentence for people about why."""

    engines: tuple[EngineChoice, ...]
    reason: str


def decide(settings: Settings, registry: Registry) -> Decision:
    """The engines of ``settings.engine``: a name, several joined by ``+``, or ``auto``.

    Raises ``UnavailableError`` for an engine that is not there, ``UsageError`` for a language that it does not read.
    """
    if settings.engine == AUTO and settings.model is None:
        return _best(settings, registry)
    if settings.engine == AUTO:
        return Decision((_choice(registry.engine(_owner(settings, registry)), settings),), "a model is named")
    names = settings.engine.split("+")
    if len(set(names)) < len(names):
        raise UsageError(
            _("the engines %(engine)s name one twice", engine=settings.engine), _("Each can read a page once.")
        )
    engines = [registry.engine(name) for name in names]
    if settings.model is None:
        return Decision(tuple(_choice(engine, settings) for engine in engines), "as asked")
    if all(engine.model is None for engine in engines):
        raise UsageError(
            _("%(engine)s reads without models", engine=settings.engine), _("Leave --model out, or read with embedded.")
        )
    owner, plain = _owner(settings, registry, *engines), replace(settings, model=None)
    if owner not in names:
        raise UsageError(
            _("%(model)s is a model of the engine %(owner)s", model=settings.model, owner=owner),
            _("Read with it: --engine %(owner)s.", owner=owner),
        )
    return Decision(
        tuple(_choice(engine, settings if engine.name == owner else plain) for engine in engines), "as asked"
    )


def _owner(settings: Settings, registry: Registry, *first: Engine) -> str:
    """The engine that reads with the model that is named; of two of one name that of the ``first`` engines."""
    folder = models.find(settings.model or "", shelves(settings, *first, *registry.engines.values()))
    return models.load(folder).engine


def _best(settings: Settings, registry: Registry) -> Decision:
    """The first engine that is preferred on this machine; otherwise the embedded one."""
    reasons = []
    for __, engine in sorted(registry.engines.items()):
        if engine.preferred is None:
            continue
        try:
            wanted, reason = engine.preferred(
                EngineOptions(None, settings.threads, settings.engine_settings(engine.name, engine.private))
            )
        except NotesError as error:
            wanted, reason = False, f"{engine.name} cannot be used: {error.message}"
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is only not chosen
            wanted, reason = False, f"{engine.name} cannot be used: {type(error).__name__}: {error}"
        if wanted:
            return Decision((_choice(engine, settings),), f"auto: {reason}")
        reasons.append(reason)
    return Decision(
        (_choice(registry.engine(EMBEDDED), settings),), f"auto: {'; '.join(reasons) or 'the embedded one'}"
    )


def _choice(engine: Engine, settings: Settings) -> EngineChoice:
    return EngineChoice(engine, _options(engine, settings))


def _options(engine: Engine, settings: Settings) -> EngineOptions:
    language = settings.language and language_for(settings.language, engine.name, engine.languages)
    model = _model(engine, settings, language)
    own = settings.engine_settings(engine.name, engine.private)
    return EngineOptions(language, settings.threads, own, thorough=settings.thorough, model=model)


def _model(engine: Engine, settings: Settings, language: str | None) -> Path | None:
    """The folder of the recognition model for an engine; ``None`` if it reads without models."""
    if engine.model is None:
        return None
    if settings.model is None:
        return engine.model(language)
    return models.find(settings.model, shelves(settings, engine))


def shelves(settings: Settings, *engines: Engine) -> tuple[Path, ...]:
    """The folders in which recognition models are looked for: of the index, of the user, of the engines."""
    own = dict.fromkeys(engine.model(None).parent for engine in engines if engine.model is not None)
    homes = (settings.index, settings.model_folder.parent)
    return (*(home / shelf for home in homes for shelf in models.SHELVES), *own)
