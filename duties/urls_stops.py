"""URLs of 临时停用 on the phone: declaring, the list of the directors, rejecting."""

from django.urls import path

from duties.views import stops

urlpatterns = [
    path("m/stops/", stops.stop_list, name="stop-list"),
    path("m/stops/declare/<slug:code>/", stops.declare, name="stop-declare"),
    path("m/stops/<slug:code>/", stops.stop, name="stop"),
    path("m/stops/<slug:code>/reject/", stops.reject, name="stop-reject"),
    path("m/stops/<slug:code>/end/", stops.end, name="stop-end"),
]
