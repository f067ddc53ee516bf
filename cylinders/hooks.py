"""What other rooms do when certificates were issued: reports writes the documents (decision 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from config.actor import Actor
from cylinders.models import CertificateRevision

# fn(revisions, *, actor, now), called inside the transaction of the change.
Hook = Callable[..., object]

_hooks: list[Hook] = []


def register(hook: Hook) -> None:
    """Add a listener; called once by an app in AppConfig.ready(). A second time changes nothing."""
    if hook not in _hooks:
        _hooks.append(hook)


def certified(revisions: Iterable[CertificateRevision], *, actor: Actor, now: datetime) -> None:
    """Tell every listener that revisions of certificates were issued; after the rows are written."""
    rows = list(revisions)
    for hook in _hooks:
        hook(rows, actor=actor, now=now)
