"""URLs of 临时停用 on the phone: declaring, the list of the directors, rejecting."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
