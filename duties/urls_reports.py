"""URLs of weekly reports and monthly minutes (phone and desk)."""

from django.urls import path

from duties.views import reports_desk, reports_field, reports_write

urlpatterns = [
    # The phone.
    path("m/reports/weekly/", reports_field.weekly_reports, name="weekly-reports"),
    path("m/reports/weekly/<slug:code>/", reports_field.field_report, name="field-report"),
    path("m/reports/weekly/<slug:code>/write/", reports_write.report_write, name="report-write"),
    path("m/reports/monthly/", reports_field.monthly_reports, name="monthly-reports"),
    path("m/reports/monthly/<slug:code>/", reports_field.field_minutes, name="field-minutes"),
    path("m/reports/monthly/<slug:code>/sign/", reports_field.minutes_sign, name="minutes-sign"),
    path("m/reports/monthly/<slug:code>/write/", reports_write.minutes_write, name="minutes-write"),
    path("m/reports/<slug:code>/draft/", reports_write.report_draft, name="report-draft"),
    # The desk.
    path("weekly-reports/", reports_desk.report_list, name="report-list"),
    path("weekly-reports/export/", reports_desk.report_export, name="report-export"),
    path("weekly-reports/<slug:code>/", reports_desk.report, name="report"),
    path("minutes/", reports_desk.minutes_list, name="minutes-list"),
    path("minutes/export/", reports_desk.minutes_export, name="minutes-export"),
    path("minutes/<slug:code>/", reports_desk.minutes, name="minutes"),
]
