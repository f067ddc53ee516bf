"""URLs of the bureau's desk."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
