"""URLs of the archive."""

from django.urls import include, path

from equipment.views import (
    archive,
    assign,
    claims,
    codes,
    declarations,
    declare,
    edit,
    exports,
    public,
    reports,
)

app_name = "equipment"
urlpatterns = [
    path("equipment/", archive.equipment_list, name="list"),
    path("equipment/add/", edit.equipment_add, name="add"),
    path("equipment/catalogue/", archive.catalogue_page, name="catalogue"),
    path("equipment/assign/", assign.assign, name="assign"),
    path("equipment/export/", exports.equipment_export, name="export"),
    path("equipment/<slug:code>/", archive.equipment_detail, name="detail"),
    path("equipment/<slug:code>/edit/", edit.equipment_edit, name="edit"),
    path("codes/", codes.code_list, name="code-list"),
    path("codes/export/", codes.code_export, name="code-export"),
    path("codes/issue/", codes.code_issue, name="code-issue"),
    path("codes/<slug:code>/", codes.code, name="code"),
    path("codes/<slug:code>/image/", codes.code_image, name="code-image"),
    path("codes/<slug:code>/replace/", codes.code_replace, name="code-replace"),
    path("public-reports/", reports.report_list, name="report-list"),
    path("public-reports/<slug:code>/", reports.report, name="report"),
    path("c/<slug:token>/", public.machine, name="public"),
    path("c/<slug:token>/report/", public.report, name="public-report"),
    path("c/<slug:token>/reported/<slug:code>/", public.reported, name="public-reported"),
    path("equipment/<slug:code>/declare/", declare.declare, name="declare"),
    path("claims/", claims.claim_list, name="claim-list"),
    path("bureau/archive/", claims.archive_list, name="archive-list"),
    path("bureau/archive/import/", claims.archive_import, name="archive-import"),
    path("declarations/", declarations.declaration_list, name="declaration-list"),
    path("", include("equipment.urls_licensing")),
    path("declarations/confirm/", declarations.confirm_many, name="declaration-confirm"),
    path("declarations/suspend/", declare.suspend, name="suspend"),
    path("declarations/stops/<slug:code>/end/", declarations.stop_end, name="stop-end"),
    path("declarations/<slug:code>/", declarations.declaration, name="declaration"),
    path("declarations/<slug:code>/decide/", declarations.decide, name="declaration-decide"),
    path("declarations/<slug:code>/withdraw/", declarations.withdraw, name="declaration-withdraw"),
    path("declarations/<slug:code>/end/", declare.suspend_end, name="suspend-end"),
]
