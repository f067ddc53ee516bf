"""URLs of 审核附件."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
