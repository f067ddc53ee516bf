"""URLs of weekly and monthly rounds, the records of all rounds, signing several at once (phone)."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
