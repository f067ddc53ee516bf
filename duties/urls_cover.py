"""URLs of leave cover (请假代班)."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
