"""Text messages: one door, an adapter by setting (settings.SMS_ADAPTER).

`send` waits for the gateway and raises SmsError in words; the worker uses it. `send_soon` hands a
sign-in code to a thread of the web process, so that a page answers in the same time whether or not
the phone is registered (F5: nobody learns who is). What goes wrong there is logged; a gateway that
does not answer at all is remembered for two minutes, and every phone is told so alike.
"""

from __future__ import annotations

import http.client
import json
import logging
import urllib.error
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, Protocol

from django.conf import settings
from django.core.cache import cache
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

TIMEOUT = 5
SENDERS = 4
FAILING = "units.sms.failing"
FAILING_FOR = 120


class SmsError(Exception):
    """A message was not accepted; the text says why. `is_outage`: the gateway itself is down."""

    def __init__(self, message: str, *, is_outage: bool = False):
        super().__init__(message)
        self.is_outage = is_outage


class Adapter(Protocol):
    def send(self, phone: str, text: str) -> None: ...


class ConsoleSms:
    """Writes messages to the log. For the embedded demo; a deploy check refuses it elsewhere."""

    def send(self, phone: str, text: str) -> None:
        logger.info("短信 -> %s****%s：%s", phone[:3], phone[-4:], text)


class HttpSms:
    """Posts {"phone", "text", "sign"} as JSON to a provider's gateway (SMS_HTTP_URL, SMS_HTTP_TOKEN)."""

    def send(self, phone: str, text: str) -> None:
        """Send one message; any answer but 2xx, a time-out or a broken line raises SmsError."""
        url = settings.SMS_HTTP_URL
        if not url.startswith(("https://", "http://")):
            raise SmsError("未设置短信网关地址（SMS_HTTP_URL）。", is_outage=True)
        body = {"phone": phone, "text": text, "sign": settings.SMS_SIGN_NAME}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if settings.SMS_HTTP_TOKEN:
            headers["Authorization"] = f"Bearer {settings.SMS_HTTP_TOKEN}"
        request = urllib.request.Request(  # noqa: S310  http(s) only, checked above
            url, data=json.dumps(body).encode(), headers=headers, method="POST"
        )
        try:
            with _opener.open(request, timeout=TIMEOUT):
                return
        except urllib.error.HTTPError as error:
            error.close()
            raise SmsError(
                f"短信网关拒绝（HTTP {error.code}）。", is_outage=error.code >= 500
            ) from error
        except TimeoutError as error:
            raise SmsError(f"短信网关 {TIMEOUT} 秒内没有应答。", is_outage=True) from error
        except (OSError, http.client.HTTPException) as error:
            raise SmsError("连接不上短信网关。", is_outage=True) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that redirects is misconfigured; messages are not carried elsewhere."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)
_pool: ThreadPoolExecutor | None = None
_under_way: set[Future[None]] = set()


def send(phone: str, text: str) -> None:
    """Send one text message through the configured adapter and wait for it; raises SmsError."""
    adapter: Adapter = import_string(settings.SMS_ADAPTER)()
    adapter.send(phone, text)


def send_soon(phone: str, text: str) -> None:
    """Send one text message in a thread of this process; returns at once, never raises."""
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sms")
    future = _pool.submit(copy_context().run, _send_and_note, phone, text)
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)


def settle(timeout: float = 10) -> None:
    """Wait until everything given to `send_soon` is out (or timed out)."""
    wait(set(_under_way), timeout=timeout)


def is_failing() -> bool:
    """Whether the gateway did not answer within the last two minutes."""
    return bool(cache.get(FAILING))


def _send_and_note(phone: str, text: str) -> None:
    try:
        send(phone, text)
    except SmsError as error:
        logger.error("短信未发出：%s", error)
        if error.is_outage:
            cache.set(FAILING, True, FAILING_FOR)
    except Exception:
        logger.exception("短信未发出：适配器出错")
        cache.set(FAILING, True, FAILING_FOR)
    else:
        cache.delete(FAILING)
