"""URLs of departments, posts and management rules; included by units.urls."""

from django.urls import path

from units.views import departments, positions

urlpatterns = [
    path("departments/", departments.list_, name="department-list"),
    path("departments/add/", departments.add, name="department-add"),
    path("departments/<slug:code>/edit/", departments.edit, name="department-edit"),
    path("departments/<slug:code>/close/", departments.close, name="department-close"),
    path("positions/", positions.list_, name="position-list"),
    path("positions/add/", positions.add, name="position-add"),
    path("positions/<slug:code>/edit/", positions.edit, name="position-edit"),
    path("positions/<slug:code>/close/", positions.close, name="position-close"),
    path("positions/<slug:code>/duty/", positions.duty, name="position-duty"),
]
