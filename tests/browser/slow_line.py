"""A slow phone on a slow line: requests that are held back, pictures that take their time, and the
question of a page that is left too early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from playwright.sync_api import Page, Route

T = TypeVar("T")

# A phone that takes its time to make a picture smaller: until the test calls MAKE_PICTURES.
SLOW_PICTURES = """() => {
  const make = HTMLCanvasElement.prototype.toBlob;
  const begun = new Promise((resolve) => { window.makePictures = resolve; });
  HTMLCanvasElement.prototype.toBlob = function (...given) {
    begun.then(() => make.apply(this, given));
  };
}"""
MAKE_PICTURES = "() => window.makePictures()"


def held(page: Page, pattern: str) -> list[Route]:
    """The requests of an address from now on: they wait until the test lets them go."""
    routes: list[Route] = []
    page.route(pattern, lambda route: routes.append(route))
    return routes


def next_of(awaited: list[T], page: Page) -> T:
    """The next of the held requests (or of what else a listener notes), as soon as it is there."""
    for _ in range(3000):
        if awaited:
            break
        page.wait_for_timeout(20)
    return awaited.pop(0)


# Keeps in window.told what the page says for a moment only.
NOTE_TOASTS = """new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const one of addedNodes) {
    if (one.className === "sz-toast") (window.told ??= []).push(one.textContent);
  }
}).observe(document, { childList: true, subtree: true });"""


def expect_told(page: Page, words: str) -> None:
    """The page has shown this for a moment, however long ago (open_as notes it)."""
    page.wait_for_function("(words) => window.told?.includes(words)", arg=words)


@contextmanager
def expect_question(page: Page) -> Iterator[None]:
    """What is done here leaves the page: the browser asks first, and the person stays."""
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        yield
    assert asked.value.type == "beforeunload"
