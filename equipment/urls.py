"""URLs of the archive."""

from django.urls import path

from equipment.views import archive, assign, codes, edit, public, reports

app_name = "equipment"
urlpatterns = [
    path("equipment/", archive.equipment_list, name="list"),
    path("equipment/add/", edit.equipment_add, name="add"),
    path("equipment/catalogue/", archive.catalogue_page, name="catalogue"),
    path("equipment/assign/", assign.assign, name="assign"),
    path("equipment/<slug:code>/", archive.equipment_detail, name="detail"),
    path("equipment/<slug:code>/edit/", edit.equipment_edit, name="edit"),
    path("equipment/<slug:code>/status/", edit.equipment_status, name="status"),
    path("equipment/<slug:code>/code/", codes.code, name="code"),
    path("equipment/<slug:code>/code/image/", codes.code_image, name="code-image"),
    path("equipment/<slug:code>/code/replace/", codes.code_replace, name="code-replace"),
    path("codes/", codes.code_list, name="code-list"),
    path("codes/export/", codes.code_export, name="code-export"),
    path("codes/issue/", codes.code_issue, name="code-issue"),
    path("public-reports/", reports.report_list, name="report-list"),
    path("public-reports/<slug:code>/", reports.report, name="report"),
    path("c/<slug:token>/", public.machine, name="public"),
    path("c/<slug:token>/report/", public.report, name="public-report"),
    path("c/<slug:token>/reported/<slug:code>/", public.reported, name="public-reported"),
]
