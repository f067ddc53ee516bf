"""Every route of the product with a sample object of unit 甲, derived from the URL resolver."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config.access import Declaration, declaration_of
from tests.access.samples import Samples


@dataclass(frozen=True)
class Route:
    """One named route; `arguments` are the names of its URL parameters."""

    name: str
    arguments: tuple[str, ...]
    declared: Declaration

    @property
    def takes_object(self) -> bool:
        return bool(self.arguments)

    def url(self, samples: Samples) -> str:
        return reverse(self.name, kwargs=samples.kwargs(self.name, self.arguments))


def walk(resolver: URLResolver | None = None, namespace: str = "") -> list[Route]:
    found: list[Route] = []
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            found += walk(entry, inner)
        elif isinstance(entry, URLPattern):
            declared = declaration_of(entry.callback)
            assert declared is not None, f"{entry} has no access declaration"
            name = f"{namespace}{entry.name}"
            found.append(Route(name, tuple(entry.pattern.converters), declared))
    return found


ROUTES = sorted(walk(), key=lambda route: route.name)
