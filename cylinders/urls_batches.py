"""URLs of applications of a unit."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
