"""URLs of the filling data interface: what stations call, and the pages about it."""

from django.urls import path

from cylinders.views import filling, filling_api, keys

urlpatterns = [
    path("filling/keys/", keys.key_list, name="key-list"),
    path("filling/keys/add/", keys.key_add, name="key-add"),
    path("filling/keys/<slug:code>/revoke/", keys.key_revoke, name="key-revoke"),
    path("filling/interface/", keys.filling_docs, name="filling-docs"),
    path("filling/records/", filling.filling_list, name="filling-list"),
    path("filling/records/export/", filling.filling_export, name="filling-export"),
    path("filling/records/<slug:code>/", filling.filling, name="filling"),
    path("filling/cylinders/<slug:code>/", filling.cylinder_fillings, name="cylinder-fillings"),
    # Without a last slash: programs call them, and a redirect would lose what was posted.
    path("api/v1/filling/checks", filling_api.checks, name="filling-api-checks"),
    path("api/v1/filling/fills", filling_api.fills, name="filling-api-fills"),
    path("api/v1/filling/rechecks", filling_api.rechecks, name="filling-api-rechecks"),
    path("api/v1/filling/cylinders", filling_api.cylinders, name="filling-api-cylinders"),
    path("api/v1/filling/openapi.json", filling_api.description, name="filling-api-openapi"),
    path("api/v1/filling/<path:rest>", filling_api.unknown, name="filling-api-unknown"),
]
