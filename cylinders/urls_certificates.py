"""URLs of certificates and their public page."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
