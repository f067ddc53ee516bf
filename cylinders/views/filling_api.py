"""/api/v1/filling/: what stations send and ask (F89). Everything is answered as JSON, in words.

The routes are public to the access system: who sends is said by the signature (cylinders.filling.auth).
No session and no cookie plays a part.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config.access import public, set_web_timeouts
from cylinders.enums import FillingKind
from cylinders.filling import auth, openapi
from cylinders.filling.asking import may_fill
from cylinders.filling.body import read_rows, refuse_unreadable
from cylinders.filling.refusals import Refused
from cylinders.filling.take_in import take_in
from cylinders.models import ApiKey

logger = logging.getLogger(__name__)

Page = Callable[..., HttpResponse]
# What a station that was told to wait, or that met a fault of ours, waits at least.
WAIT_SECONDS = 60
SIGNED = "signed by the key of a station (F89)"


def json_only(view: Page) -> Page:
    """Answers every refusal and every fault of `view` as JSON; nobody keeps a copy of an answer.

    No form token is asked for: no cookie plays a part, so there is nothing to forge across sites.
    """

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer = view(request, *args, **kwargs)
        except OperationalError:
            logger.exception("filling interface: the database did not answer in time")
            answer = _problem(request, Refused(503, "busy", "平台繁忙，请稍后原样重发。"))
        except Exception:
            logger.exception("filling interface failed")
            answer = _problem(
                request, Refused(500, "server_error", "平台处理出错，请稍后原样重发。")
            )
        if answer.status_code == 405 and not isinstance(answer, JsonResponse):
            allowed = answer["Allow"]
            said = f"这个地址只接受 {allowed.replace('HEAD, ', '')} 请求。"
            answer = _problem(request, Refused(405, "method", said))
            answer["Allow"] = allowed
        answer["Cache-Control"] = "no-store"
        return answer

    return answered


def _problem(request: HttpRequest, refused: Refused) -> JsonResponse:
    said: dict[str, Any] = {
        "code": refused.code,
        "message": refused.message,
        "request_id": getattr(request, "request_id", ""),
    }
    if refused.shows_time:
        said["server_time"] = int(timezone.now().timestamp())
    answer = _json(said, status=refused.status)
    if refused.status in {429, 503}:
        answer["Retry-After"] = str(WAIT_SECONDS)
    return answer


def _json(content: dict[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})


# ------------------------------------------------------------------ who sends
def _signed(request: HttpRequest, read: Callable[[], bytes]) -> tuple[ApiKey, bytes]:
    """The key that signed the request, and its body; Refused in every other case.

    What costs little is asked first: headers, the limit of failures, then body and signature.
    """
    now = timezone.now()
    try:
        if not _allowed(request, "filling_denied", dry_run=True):
            raise _too_often()
        presented = auth.read_headers(request.headers, now=now)
        body = read()
        path = request.path
        if request.META.get("QUERY_STRING"):
            path = f"{path}?{request.META['QUERY_STRING']}"
        key = auth.authenticate(presented, method=request.method or "", path=path, body=body)
    except Refused as refused:
        if refused.status == 401:
            _allowed(request, "filling_denied")
        raise
    if not _allowed(request, "filling_request", key=key.key_id):
        raise _too_often()
    return key, body


def _too_often() -> Refused:
    return Refused(429, "too_often", "请求过于频繁，请一分钟后再发；多条记录请合并成一次上报。")


def _allowed(
    request: HttpRequest, action: str, *, key: str | None = None, dry_run: bool = False
) -> bool:
    """Whether settings.ACCOUNT_RATE_LIMITS still allow it; GET counts too."""
    usage = ratelimit.consume(
        request, app="allauth.account", action=action, key=key, dry_run=dry_run, limit_get=True
    )
    return usage is not None


# ------------------------------------------------------------------ routes
def _receive(request: HttpRequest, kind: FillingKind) -> HttpResponse:
    try:
        if request.method != "POST":
            raise Refused(405, "method", "这个地址只接受 POST 请求。")
        refuse_unreadable(request)
        key, body = _signed(request, lambda: request.body)
        rows = read_rows(body)
    except Refused as refused:
        return _problem(request, refused)
    with transaction.atomic():
        set_web_timeouts()
        return _json(take_in(key, kind, rows, now=timezone.now()))


@json_only
@public(SIGNED, writes=True, own_transaction=True)
def checks(request: HttpRequest) -> HttpResponse:
    """充装前检查, up to 500 records."""
    return _receive(request, FillingKind.CHECK)


@json_only
@public(SIGNED, writes=True, own_transaction=True)
def fills(request: HttpRequest) -> HttpResponse:
    """充装记录, up to 500 records."""
    return _receive(request, FillingKind.FILL)


@json_only
@public(SIGNED, writes=True, own_transaction=True)
def rechecks(request: HttpRequest) -> HttpResponse:
    """充装后复查, up to 500 records."""
    return _receive(request, FillingKind.RECHECK)


@json_only
@public(SIGNED)
def cylinders(request: HttpRequest) -> HttpResponse:
    """Whether a cylinder may be filled now, by its label or registration code."""
    try:
        key, _body = _signed(request, lambda: b"")
        given = {name: request.GET.get(name, "") for name in ("label", "code", "medium")}
        return _json(may_fill(key, **given, now=timezone.now()))
    except Refused as refused:
        return _problem(request, refused)


@json_only
@public("developers read how to speak to the interface (F89)")
def description(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return _json(openapi.document())


@json_only
@public("says in JSON that there is no such address", writes=True)
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address below /api/v1/filling/."""
    return _problem(request, Refused(404, "not_found", "没有这个接口地址，请核对接口说明。"))
