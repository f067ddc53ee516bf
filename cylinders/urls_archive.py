"""URLs of registered cylinders and their public page."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
