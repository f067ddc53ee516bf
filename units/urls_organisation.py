"""URLs of departments, posts and management rules; included by units.urls."""

from django.urls import path

from units.views import departments, exports, positions, regulations

urlpatterns = [
    path("departments/", departments.list_, name="department-list"),
    path("departments/add/", departments.add, name="department-add"),
    path("departments/export/", exports.department_export, name="department-export"),
    path("departments/<slug:code>/edit/", departments.edit, name="department-edit"),
    path("departments/<slug:code>/close/", departments.close, name="department-close"),
    path("positions/", positions.list_, name="position-list"),
    path("positions/add/", positions.add, name="position-add"),
    path("positions/<slug:code>/edit/", positions.edit, name="position-edit"),
    path("positions/<slug:code>/close/", positions.close, name="position-close"),
    path("positions/<slug:code>/duty/", positions.duty, name="position-duty"),
    path("regulations/", regulations.list_, name="regulation-list"),
    path("regulations/add/", regulations.add, name="regulation-add"),
    path("regulations/<slug:code>/", regulations.detail, name="regulation"),
    path("regulations/<slug:code>/edit/", regulations.edit, name="regulation-edit"),
    path("regulations/<slug:code>/replace/", regulations.replace, name="regulation-replace"),
    path("regulations/<slug:code>/close/", regulations.close, name="regulation-close"),
]
