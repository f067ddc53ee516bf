"""URLs of licences and stations; included by equipment.urls."""

from django.urls import path

from equipment.views import licence_exports, licences, stations

urlpatterns = [
    path("licences/", licences.licence_list, name="licence-list"),
    path("licences/add/", licences.licence_add, name="licence-add"),
    path("licences/export/", licence_exports.licence_export, name="licence-export"),
    path("licences/<slug:code>/", licences.licence, name="licence"),
    path("licences/<slug:code>/edit/", licences.licence_edit, name="licence-edit"),
    path("licences/<slug:code>/close/", licences.licence_close, name="licence-close"),
    path("stations/", stations.station_list, name="station-list"),
    path("stations/add/", stations.station_add, name="station-add"),
    path("stations/export/", licence_exports.station_export, name="station-export"),
    path("stations/<slug:code>/edit/", stations.station_edit, name="station-edit"),
    path("stations/<slug:code>/close/", stations.station_close, name="station-close"),
]
