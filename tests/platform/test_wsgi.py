"""Whose address the product sees behind proxies."""

from collections.abc import Callable
from typing import Any

import pytest

from config.wsgi import behind_proxies


@pytest.mark.parametrize(
    ("count", "header", "seen"),
    [
        (0, "1.1.1.1", "10.0.0.2"),
        (1, "1.1.1.1", "1.1.1.1"),
        # What the visitor wrote himself stands left of what our proxies added.
        (1, "9.9.9.9, 1.1.1.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 10.0.0.9", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.2"),
        (1, "", "10.0.0.2"),
        # Audit rows keep addresses only: anything else would fail the request.
        (1, "garbage", "10.0.0.2"),
        (1, "1.1.1.1:40312", "1.1.1.1"),
        (1, "[2001:db8::1]:40312", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_our_own_proxies_saw_counts(count: int, header: str, seen: str) -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        return [environ["REMOTE_ADDR"].encode()]

    environ = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": header}
    answer = behind_proxies(application, count)(environ, lambda *_: None)
    assert list(answer) == [seen.encode()]
