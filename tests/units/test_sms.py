"""The SMS door: the HTTP gateway with its failures in words, the background sending of codes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.units.postbox import Postbox
from units import sms


class Gateway(BaseHTTPRequestHandler):
    """A provider's gateway on this machine; answers what `status` says."""

    status = 200
    got: list[tuple[dict[str, str], dict[str, str]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((dict(self.headers), body))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def gateway(settings: Any) -> Iterator[type[Gateway]]:
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_ADAPTER = "units.sms.HttpSms"
    settings.SMS_HTTP_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.SMS_HTTP_TOKEN = "secret"
    Gateway.status = 200
    Gateway.got.clear()
    yield Gateway
    server.shutdown()
    thread.join()
    server.server_close()


def test_http_posts_phone_text_and_sign_with_the_token(gateway: type[Gateway]) -> None:
    sms.send("13800000001", "登录验证码 123456")
    headers, body = gateway.got[0]
    assert body == {"phone": "13800000001", "text": "登录验证码 123456", "sign": "守责"}
    assert headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("status", "sentence", "is_outage"),
    [
        (400, "短信网关拒绝（HTTP 400）。", False),
        (503, "短信网关拒绝（HTTP 503）。", True),
        (302, "短信网关拒绝（HTTP 302）。", False),
    ],
)
def test_refusals_are_said_in_words(
    gateway: type[Gateway], status: int, sentence: str, is_outage: bool
) -> None:
    gateway.status = status
    with pytest.raises(sms.SmsError) as refused:
        sms.send("13800000001", "…")
    assert (str(refused.value), refused.value.is_outage) == (sentence, is_outage)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "未设置短信网关地址（SMS_HTTP_URL）。"),
        ("file:///etc/passwd", "未设置短信网关地址（SMS_HTTP_URL）。"),
        ("http://127.0.0.1:9/", "连接不上短信网关。"),
    ],
)
def test_a_gateway_that_is_not_there(settings: Any, url: str, sentence: str) -> None:
    settings.SMS_ADAPTER = "units.sms.HttpSms"
    settings.SMS_HTTP_URL = url
    with pytest.raises(sms.SmsError) as refused:
        sms.send("13800000001", "…")
    assert (str(refused.value), refused.value.is_outage) == (sentence, True)


def test_a_gateway_that_hangs_is_given_up(gateway: type[Gateway], monkeypatch: Any) -> None:
    monkeypatch.setattr(sms, "TIMEOUT", 0.1)
    held = threading.Event()
    monkeypatch.setattr(Gateway, "do_POST", lambda self: held.wait(1))
    with pytest.raises(sms.SmsError, match="没有应答"):
        sms.send("13800000001", "…")
    held.set()


def test_console_writes_to_the_log_with_the_phone_masked(settings: Any, caplog: Any) -> None:
    settings.SMS_ADAPTER = "units.sms.ConsoleSms"
    with caplog.at_level("INFO", logger="units.sms"):
        sms.send("13812345678", "登录验证码 123456")
    assert [record.getMessage() for record in caplog.records] == [
        "短信 -> 138****5678：登录验证码 123456"
    ]


def test_send_soon_sends(postbox: type[Postbox]) -> None:
    sms.send_soon("13800000001", "登录验证码 123456")
    sms.settle()
    assert postbox.sent == [("13800000001", "登录验证码 123456")]
    assert sms.is_failing() is False


@pytest.mark.parametrize(
    ("error", "is_failing"),
    [
        (sms.SmsError("连接不上短信网关。", is_outage=True), True),
        # A refusal of one number says something about that number: nobody else may see it.
        (sms.SmsError("短信网关拒绝（HTTP 400）。"), False),
        (ValueError("a bug in an adapter"), True),
    ],
)
def test_send_soon_never_raises_and_remembers_an_outage(
    postbox: type[Postbox], caplog: Any, error: Exception, is_failing: bool
) -> None:
    postbox.refuses["13800000001"] = error
    sms.send_soon("13800000001", "…")
    sms.settle()
    assert sms.is_failing() is is_failing
    assert len(caplog.records) == 1
    sms.send_soon("13800000002", "…")
    sms.settle()
    assert sms.is_failing() is False
