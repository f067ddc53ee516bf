"""URLs of the app."""

from django.urls import path

from reports.views import appointment, dashboard, documents, labels

app_name = "reports"
urlpatterns = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("bureau/", dashboard.region, name="region"),
    path("bureau/units/<slug:code>/", dashboard.region_unit, name="region-unit"),
    path("labels/", labels.labels, name="labels"),
    path("documents/", documents.document_list, name="document-list"),
    path("documents/appointment/<slug:code>/", appointment.letter, name="appointment-letter"),
    path(
        "documents/appointment/<slug:code>/issue/",
        appointment.issue,
        name="appointment-letter-issue",
    ),
    path("documents/daily/<slug:code>/", documents.daily_check, name="daily-check"),
    path("documents/daily/<slug:code>/issue/", documents.issue, name="issue"),
]
