"""URLs of the filling data interface."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
