"""Plots of ``notes evaluate``: recall against precision, and the calibration of confidence and relevance.

Needs matplotlib, of the extra ``plot``; ``indexer.evaluation.metrics`` defines what is drawn.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from indexer.evaluation.ranking import Point

    Curves = Mapping[str, Sequence[Point]]


class _Style(NamedTuple):
    """How the curve of a way is drawn: its width in points, a ``mark`` at its end, and words for the legend."""

    colour: str
    width: float
    dash: str
    mark: str
    words: str


# The colours of Okabe and Ito, which the colour-blind tell apart. Curves of ways that rank alike lie upon each other:
# the one that goes furthest is the widest and is drawn first, so that all are seen.
_WAYS = {
    "ink_exhaustive": _Style("#E69F00", 5.0, "-", "X", "every line by its ink alone"),
    "ink": _Style("#0072B2", 2.8, "-", "D", "notes search --reach high"),
    "ink_normal": _Style("#56B4E9", 1.4, "-", "v", "notes search --reach normal"),
    "ink_low": _Style("#000000", 1.0, ":", "P", "notes search --reach low"),
    "fuzzy": _Style("#D55E00", 1.4, "-.", "^", "what was read, a letter or two off"),
    "transcript": _Style("#009E73", 1.8, "-", "o", "what was read"),
    "accepted": _Style("#CC79A7", 1.4, "--", "s", "what was read and accepted"),
}
_GREY = "#888888"
_OTHER = _Style(_GREY, 1.4, "-", ".", "")
_RECALL = "share of what is there that is found (recall)"
_PRECISION = "share of what is found that is right (precision)"
_WIDTH, _DPI = 8.0, 150
"""Inches, and pixels an inch: all files are 1200 pixels wide."""
_COLUMNS = 2
_MOST = 60
"""The most collections that are drawn: a file with more would be too high to look at."""
_LONGEST = 30
"""Letters of a collection's name that fit above its curves."""


def prepare(folder: Path) -> None:
    """Make the folder of the plots, and check that they can be drawn, before anything is measured.

    Raises ``UnavailableError`` without matplotlib, ``UsageError`` for a folder that cannot be made or written.
    """
    try:
        with _nowhere():
            import matplotlib.figure  # noqa: F401
    except ImportError as error:
        hint = _('Install it: in the checkout of notes, pip install ".[plot]"')
        raise UnavailableError(
            _("--plot needs matplotlib, which cannot be imported: %(why)s", why=error), hint
        ) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error.strerror) from error
    if not os.access(folder, os.W_OK):
        raise _unwritable(folder, "it is not writable")


@contextmanager
def _nowhere() -> Iterator[None]:
    """An empty folder for matplotlib while it is loaded.

    Else it would take settings from the current folder, which may make it run TeX, and keep a list of fonts in the home
    folder.
    """
    kept, here = dict(os.environ), os.open(os.curdir, os.O_RDONLY) if os.name == "posix" else os.getcwd()  # noqa: PTH109
    with tempfile.TemporaryDirectory(prefix="notes-") as place:
        os.environ |= {"MPLCONFIGDIR": place, "MATPLOTLIBRC": place, "MPLBACKEND": "agg"}
        os.chdir(place)
        try:
            yield
        finally:
            os.chdir(here)
            if isinstance(here, int):
                os.close(here)
            for name in ("MPLCONFIGDIR", "MATPLOTLIBRC", "MPLBACKEND"):
                os.environ.pop(name)
            os.environ |= kept


def draw(folder: Path, figures: Mapping[str, Any], together: Curves, apart: Mapping[str, Curves]) -> list[Path]:
    """Draw what ``indexer.evaluation.metrics.report`` and ``curves`` gave, of all pages and of each collection.

    Gives the files.
    """
    drawn = {
        "precision-recall.png": _together(figures, together),
        "precision-recall-collections.png": _apart(figures["collections"], apart),
        "calibration.png": _calibration(figures),
    }
    for name, figure in drawn.items():
        _save(figure, folder / name)
    return [folder / name for name in drawn]


def _save(figure: Figure, file: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a collection's name in letters that the font lacks
        try:
            figure.savefig(file)
        except OSError as error:
            raise _unwritable(file, error.strerror) from error


def _unwritable(path: Path, why: str | None) -> UsageError:
    return UsageError(
        _("cannot write plots to %(path)s: %(why)s", path=path, why=why),
        _("Name a folder that can be made or written to."),
    )


def _figure(height: float) -> Figure:
    """An empty figure, ``height`` inches high. What is drawn says its place: matplotlib's layouts fail on legends."""
    from matplotlib.figure import Figure

    return Figure((_WIDTH, height), dpi=_DPI)


def _together(figures: Mapping[str, Any], curves: Curves) -> Figure:
    figure = _figure(4.6)
    axes = figure.add_axes((0.065, 0.095, 0.615, 0.84))
    _curves(axes, curves, figures["search"], with_words=True)
    axes.set_xlabel(_RECALL, fontsize=8)
    axes.set_ylabel(_PRECISION, fontsize=8)
    axes.set_title(_counted("All collections", figures), loc="left", fontsize=10)
    return figure


def _apart(figures: Mapping[str, Any], apart: Mapping[str, Curves]) -> Figure:
    names = list(apart)[:_MOST]
    rows = -(-len(names) // _COLUMNS)
    height = 0.9 + 2.4 * rows
    figure = _figure(height)
    edges = {"left": 0.085, "right": 0.795, "bottom": 0.6 / height, "top": 1 - 0.3 / height}
    grid = figure.add_gridspec(rows, _COLUMNS, wspace=1.02, hspace=0.32, **edges)
    for number, name in enumerate(names):
        axes = figure.add_subplot(grid[divmod(number, _COLUMNS)])
        _curves(axes, apart[name], figures[name]["search"], with_words=False)
        axes.set_title(_counted(name, figures[name]), loc="left", fontsize=9, parse_math=False)
    figure.supxlabel(_RECALL, fontsize=8)
    figure.supylabel(_PRECISION, fontsize=8)
    return figure


def _curves(axes: Axes, curves: Curves, search: Mapping[str, Any], *, with_words: bool) -> None:
    """Recall and precision of each way as steps, with a legend beside them. The area is ``gap``."""
    for way in sorted(curves, key=[*_WAYS, *curves].index):
        style = _WAYS.get(way, _OTHER)
        points = [(0.0, curves[way][0][1]), *curves[way]] if curves[way] else []
        area, words = f" ({_rate(search[way]['gap'])})", f"\n{style.words}"
        axes.plot(
            *([recall for recall, _ in points], [precision for _, precision in points]),
            color=style.colour, linewidth=style.width, linestyle=style.dash, drawstyle="steps-pre",
            marker=style.mark, markevery=[-1] if points else [], markersize=6, markeredgecolor="white", clip_on=False,
            label=f"{_rate(search[way]['map'])}{area * with_words}  {way}{words * with_words}",
        )  # fmt: skip
    _frame(axes)
    axes.legend(
        title="mAP (and gAP, the area below)" if with_words else "mAP", loc="upper left", bbox_to_anchor=(1.02, 1.04),
        frameon=False, fontsize=7.5, title_fontsize=7.5, alignment="left", handlelength=2.6,
    )  # fmt: skip


def _calibration(figures: Mapping[str, Any]) -> Figure:
    figure = _figure(4.7)
    figure.suptitle(_counted("All collections", figures), fontsize=10, x=0.065, ha="left")
    left, right = figure.subplots(1, 2, gridspec_kw={"left": 0.065, "right": 0.985, "bottom": 0.1, "top": 0.83})
    _promise(left, figures["confidence"], "confidence", "a tenth of the lines each")
    left.set_xlabel("confidence of a line", fontsize=8)
    left.set_ylabel("share of its words that are right", fontsize=8)
    hits = figures["search"].get("ink", {}).get("relevance", {"ece": None, "bins": []})
    _promise(right, hits, "relevance", "a tenth of all relevance each")
    right.set_xlabel("relevance of a hit (reach high)", fontsize=8)
    right.set_ylabel("share of hits that are right", fontsize=8)
    return figure


def _promise(axes: Axes, section: Mapping[str, Any], promise: str, words: str) -> None:
    """Confidence or relevance against the share that is right, a mark a bin; ``words`` says what a bin is."""
    bins = section["bins"]
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="as promised")
    axes.plot(
        *([each[promise] for each in bins], [each["right"] for each in bins]), color="#0072B2", linewidth=1.2,
        marker="o", markersize=6, clip_on=False, label=f"{words}; ECE {_rate(section['ece'], 3)}",
    )  # fmt: skip
    _frame(axes)
    axes.set_aspect("equal")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=8, borderaxespad=0.2)


def _frame(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.tick_params(labelsize=8, color=_GREY)
    axes.grid(color="#E5E5E5", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GREY)


def _counted(name: str, figures: Mapping[str, Any]) -> str:
    shown = name.encode("utf-8", "backslashreplace").decode()
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    pages, lines = figures["pages"], figures["lines"]
    return f"{shown}: {pages} page{'s' * (pages != 1)}, {lines} line{'s' * (lines != 1)}"


def _rate(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
