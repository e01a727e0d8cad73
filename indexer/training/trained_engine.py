"""Which engine is trained: one that says what it offers for training."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from indexer.api.registry import load_registry
from indexer.system.settings import load
from indexer.translation import _
from indexer.values.errors import NotesError, UnavailableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.values import Engine, Trainable


def opened_engine(engine: Engine, registry: Registry) -> Trainable:
    """What an engine offers for training.

    Raises ``UsageError`` when that is nothing, and ``UnavailableError`` when it cannot be had here.
    """
    if engine.training is None or engine.model is None:
        able = sorted(each.name for each in registry.engines.values() if each.training and each.model)
        raise UsageError(
            _("the engine %(name)s cannot be trained", name=engine.name),
            _("There are: %(able)s.", able=", ".join(able) or "–"),
        )
    if find_spec("torch") is None:
        raise UnavailableError(_("training needs PyTorch"), _('In the checkout of notes: pip install ".[train]"'))
    try:
        return engine.training()
    except NotesError as error:
        raise UnavailableError(error.message, error.hint) from error
    except Exception as error:  # a plugin may raise anything
        raise UnavailableError(
            _(
                "the engine %(name)s cannot be trained: %(name2)s: %(why)s",
                name=engine.name,
                name2=type(error).__name__,
                why=error,
            )
        ) from error


def standard(engine: Engine) -> Path:
    """The folder of the recognition model that an engine reads with unless another is named."""
    if engine.model is None:
        raise UsageError(
            _("the engine %(name)s has no recognition models", name=engine.name), _("Name another one with --engine.")
        )
    return engine.model(None)


def named_engine(name: str) -> tuple[Engine, Trainable]:
    """An engine by its name, for the scripts of this package."""
    registry = load_registry(load({}).plugin_folder)
    engine = registry.engine(name)
    return engine, opened_engine(engine, registry)
