"""URLs of weekly reports and monthly minutes (phone and desk)."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
