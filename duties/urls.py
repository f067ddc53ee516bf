"""URLs of the app."""

from django.urls import path

from duties import urls_checklists, urls_cover, urls_reports, urls_rounds, urls_stops
from duties.views import desk, exports, inspect, sign

app_name = "duties"

# One round on the phone (field shell).
field_patterns = [
    path("m/tasks/<slug:code>/inspect/", inspect.inspect, name="inspect"),
    path("m/tasks/<slug:code>/draft/", inspect.draft, name="draft"),
    path("m/tasks/<slug:code>/photos/", inspect.draft_photo, name="draft-photo"),
    path(
        "m/tasks/<slug:code>/photos/<uuid:photo>/remove/",
        inspect.draft_photo_remove,
        name="draft-photo-remove",
    ),
    path("m/tasks/<slug:code>/sign/", sign.sign, name="sign"),
    path("m/tasks/<slug:code>/reopen/", sign.reopen, name="reopen"),
]

# The desk: unit admin and regulator.
desk_patterns = [
    path("records/", desk.record_list, name="record-list"),
    path("records/export/", exports.record_export, name="record-export"),
    path("records/<slug:code>/", desk.record_detail, name="record"),
]

urlpatterns = [
    *urls_rounds.urlpatterns,
    *urls_reports.urlpatterns,
    *urls_stops.urlpatterns,
    *urls_cover.urlpatterns,
    *urls_checklists.urlpatterns,
    *field_patterns,
    *desk_patterns,
]
