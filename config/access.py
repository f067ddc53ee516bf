"""Access declarations: every page says who may open it and whether it may write.

`@page(Can.X)` needs a signed-in actor with the capability; `@page(Can.X, writes=True)` also allows
POST, inside one transaction. `@public("reason")` opens a page to everybody. A test walks the
URLconf and fails on a view without a declaration; AccessMiddleware refuses such a view at run time.

Answers (house rule 7): not signed in -> sign-in page and back; missing capability -> 403; object of
a foreign unit -> 404 (raised by the scoped queries); RuleBroken nobody caught -> its status (409)
with the sentence and a way back.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from config.errors import RuleBroken
from config.readonly import read_only

logger = logging.getLogger(__name__)

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Declaration:
    """What a view declared; read by the middleware, the access matrix and the menus.

    `own_transaction` marks the few pages that store large files before they lock anything, and
    sign-in pages that third-party code handles: they open their transactions themselves.
    """

    capability: Any | None
    writes: bool
    reads: bool
    public_reason: str = ""
    own_transaction: bool = False


def page(
    capability: Any,
    *,
    writes: bool = False,
    reads: bool = True,
    own_transaction: bool = False,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Declare a page for actors with `capability` (a Can, or a tuple of which one suffices).

    `writes` allows POST; `reads=False` makes it POST only. GET runs under the read-only wrapper,
    POST in one transaction with the web time-outs.
    """
    return _declare(Declaration(capability, writes, reads, own_transaction=own_transaction))


def public(
    reason: str, *, writes: bool = False, own_transaction: bool = False
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Declare a page that needs no sign-in; `reason` says why, for the reader of the code."""
    return _declare(
        Declaration(None, writes, True, public_reason=reason, own_transaction=own_transaction)
    )


def declaration_of(view: Callable[..., Any]) -> Declaration | None:
    return getattr(view, "access_declaration", None)


def _declare(declared: Declaration) -> Callable[..., Any]:
    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refusal = _refuse(request, declared)
            if refusal is not None:
                return refusal
            try:
                with _database_mode(request, declared):
                    response = view(request, *args, **kwargs)
                    if hasattr(response, "render") and not response.is_rendered:
                        response = response.render()
                    return response
            except RuleBroken as broken:
                return _answer_broken_rule(request, broken)

        guarded.access_declaration = declared
        return guarded

    return decorate


def _refuse(request: HttpRequest, declared: Declaration) -> HttpResponse | None:
    actor = request.actor
    # Asked here, before the read-only wrapper: a session that ended is removed while it is loaded.
    signed_in = actor.is_authenticated
    if declared.capability is not None:
        if not signed_in:
            if request.method not in READING or request.headers.get("X-Requested-With") == "fetch":
                return render(request, "401.html", status=401)
            return redirect_to_login(request.get_full_path())
        wanted = declared.capability
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        if not any(actor.can(one) for one in wanted):
            raise PermissionDenied
    allowed = (["GET", "HEAD"] if declared.reads else []) + (["POST"] if declared.writes else [])
    if request.method not in allowed:
        return HttpResponseNotAllowed(allowed)
    return None


def _database_mode(request: HttpRequest, declared: Declaration) -> ExitStack:
    stack = ExitStack()
    if request.method in READING:
        if not declared.own_transaction:
            stack.enter_context(read_only())
        return stack
    if not declared.own_transaction:
        stack.enter_context(transaction.atomic())
        set_web_timeouts()
    return stack


def set_web_timeouts() -> None:
    """Set the short statement and lock time-outs for the running transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [settings.WEB_STATEMENT_TIMEOUT, settings.WEB_LOCK_TIMEOUT],
        )


def _answer_broken_rule(request: HttpRequest, broken: RuleBroken) -> HttpResponse:
    logger.info("rule %s refused %s %s", broken.code, request.method, request.path)
    if request.headers.get("X-Requested-With") == "fetch":
        from django.http import JsonResponse  # answered to our own scripts only

        return JsonResponse({"code": broken.code, "message": broken.message}, status=broken.status)
    return render(request, "409.html", {"broken": broken}, status=broken.status)
