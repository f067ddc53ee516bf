"""URLs of photographs of cylinders."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
