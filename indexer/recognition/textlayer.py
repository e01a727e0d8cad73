"""Text that a page brings along: whether it stands for the page, or beside what is read there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.image.turning import turned_line, turned_size
from indexer.recognition.page_layout import laid_out
from indexer.values import HIDDEN_TEXT, TEXT_LAYER, Line, Origin, PageReading, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.values import Page, Source, SourceOptions, TextLayer

INK_LEFT_OUT = "only the text of the file was taken, and ink beside it not read (pdf_text = use)"
"""The reason for missing lines on a page whose text was taken although it shows more ink."""
_LEAST_LETTERS = 20
"""Fewer letters than this are a page number or a stamp. They never stand for a page that shows more."""


def alone(layer: TextLayer, source: Source, page: Page, options: SourceOptions) -> PageReading | None:
    """A page by its text alone; ``None`` if its ink has to be read too."""
    if options.pdf_text == "use":
        letters = sum(char.isalnum() for line in (*layer.lines, *layer.unproven) for char in line.text)
        if letters >= _LEAST_LETTERS or layer.complete:
            trusted = replace(layer, lines=(*layer.lines, *layer.unproven), unproven=())
            return text_only(trusted, source, page, None if layer.complete else INK_LEFT_OUT)
    if options.pdf_text == "auto" and layer.complete:
        return text_only(layer, source, page, None)
    return None


def text_only(layer: TextLayer, source: Source, page: Page, missing: str | None) -> PageReading:
    """A page with the lines of its text, and the reason why others are missing."""
    lines = laid_out([(Reading(line, origin),) for origin, own in given_lines(layer, source) for line in own])
    why = "; ".join(filter(None, (page.missing, missing))) or None
    return PageReading(page.number, layer.width, layer.height, lines, 0.0, page.label, why)


def turned_layer(layer: TextLayer | None, degrees: int) -> TextLayer | None:
    """A text layer on its page, turned clockwise."""
    if layer is None or not degrees:
        return layer
    size = (layer.width, layer.height)
    width, height = turned_size(size, degrees)
    lines, unproven = (tuple(turned_line(each, degrees, size) for each in own) for own in (layer.lines, layer.unproven))
    return replace(layer, width=width, height=height, lines=lines, unproven=unproven)


def given_lines(layer: TextLayer, source: Source) -> list[tuple[Origin, Sequence[Line]]]:
    """The lines of a text layer, by origin."""
    both = ((TEXT_LAYER, layer.lines), (HIDDEN_TEXT, layer.unproven))
    return [(Origin(name, source.name), lines) for name, lines in both if lines]
