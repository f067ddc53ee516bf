"""URLs of the app."""

from django.urls import path

from reports.views import (
    appointment,
    cylinders,
    dashboard,
    desk,
    documents,
    duty_reports,
    labels,
    region_unit,
    unit_checklists,
)

app_name = "reports"
urlpatterns = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("bureau/", dashboard.region, name="region"),
    path("bureau/desk/", desk.desk, name="desk"),
    path("bureau/units/<slug:code>/", region_unit.region_unit, name="region-unit"),
    path(
        "bureau/units/<slug:code>/checklists/<slug:checklist>/",
        unit_checklists.unit_checklist,
        name="unit-checklist",
    ),
    path(
        "bureau/units/<slug:code>/people/<slug:staff>/phone/",
        region_unit.reveal_phone,
        name="reveal-phone",
    ),
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
    path("documents/rounds/<slug:code>/", documents.daily_check, name="round-check"),
    path("documents/weekly/<slug:code>/", duty_reports.weekly_report, name="weekly-report"),
    path(
        "documents/weekly/<slug:code>/issue/",
        duty_reports.issue_weekly,
        name="weekly-report-issue",
    ),
    path("documents/minutes/<slug:code>/", duty_reports.monthly_minutes, name="monthly-minutes"),
    path(
        "documents/minutes/<slug:code>/issue/",
        duty_reports.issue_minutes,
        name="monthly-minutes-issue",
    ),
    path("documents/cylinders/<slug:code>/form/", cylinders.form, name="cylinder-form"),
    path(
        "documents/cylinders/<slug:code>/form/issue/",
        cylinders.form_issue,
        name="cylinder-form-issue",
    ),
    path(
        "documents/cylinders/<slug:code>/summary/",
        cylinders.batch_summary,
        name="cylinder-summary",
    ),
    path(
        "documents/cylinders/<slug:code>/summary/issue/",
        cylinders.batch_summary_issue,
        name="cylinder-summary-issue",
    ),
    path("documents/certificates/<slug:code>/", cylinders.certificate, name="cylinder-certificate"),
    path(
        "documents/certificates/<slug:code>/issue/",
        cylinders.certificate_issue,
        name="cylinder-certificate-issue",
    ),
    path(
        "documents/certificates/<slug:code>/summary/",
        cylinders.certificate_summary,
        name="certificate-summary",
    ),
    path(
        "documents/certificates/<slug:code>/summary/issue/",
        cylinders.certificate_summary_issue,
        name="certificate-summary-issue",
    ),
]
