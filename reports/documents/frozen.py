"""Documents as frozen dataclasses: to JSON when they are issued, and back when they are shown."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from config.clock import SHANGHAI

Frozen = TypeVar("Frozen")


def freeze(value: Any) -> Any:
    """A frozen dataclass as JSON values: moments and dates as ISO text in China's time."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: freeze(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [freeze(one) for one in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} cannot stand in a document")


def thaw(kind: type[Frozen], data: Any) -> Frozen:
    """The reverse of `freeze`: `thaw(type(x), freeze(x)) == x`. TypeError for foreign data."""
    return _thaw(kind, data)


def _thaw(kind: Any, data: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if data is None:
            return None
        (kind,) = (one for one in typing.get_args(kind) if one is not type(None))
        return _thaw(kind, data)
    if origin is tuple:
        return tuple(_thaw(typing.get_args(kind)[0], one) for one in data)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _thaw(hints[name], value) for name, value in data.items()})
    if kind in (date, datetime):
        return kind.fromisoformat(data)
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is not {kind.__name__}")
    return data
