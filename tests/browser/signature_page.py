"""A URLconf with one page more: a form with nothing but the signature field."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config.access import public
from config.errors import RuleBroken
from config.urls import urlpatterns as product
from units import signatures

PAGE = """{% extends "layouts/field.html" %}
{% block page_title %}核对签名{% endblock %}
{% block content %}
<form method="post" enctype="multipart/form-data">{% csrf_token %}
{% include "components/signature.html" with signer="李安" %}
<p class="filler">{% for line in lines %}第 {{ line }} 行<br>{% endfor %}</p>
<button class="btn btn-primary" type="submit">提交</button>
</form>
<output>{{ answer }}</output>
{% endblock %}"""


@public("a page of the tests", writes=True)
def sign(request: HttpRequest) -> HttpResponse:
    """Answers how many strokes and points arrived, or the refusal beside the field."""
    strokes, errors, answer = request.POST.get("signature_strokes", ""), [], ""
    if request.method == "POST":
        try:
            parsed = signatures.parse_strokes(strokes)
            upload = request.FILES.get("signature_photo")
            if upload is None:
                signatures.require_ink(parsed)
            answer = f"{len(parsed)} strokes, photo {upload.name if upload else 'none'}"
        except RuleBroken as broken:
            errors = [broken.message]
    context = {"strokes": strokes, "errors": errors, "answer": answer, "lines": range(60)}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [*product, path("try-signature/", sign, name="try-signature")]
