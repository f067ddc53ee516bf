"""URLs of registered cylinders and their public page."""

from django.urls import path

from cylinders.views import acts, archive, public

urlpatterns = [
    path("cylinders/", archive.cylinder_list, name="cylinder-list"),
    path("cylinders/export/", archive.cylinder_export, name="cylinder-export"),
    path("cylinders/act/", acts.cylinder_act, name="cylinder-act"),
    path("cylinders/archive/<slug:code>/", archive.cylinder, name="cylinder"),
    path("cylinders/archive/<slug:code>/change/", acts.cylinder_change, name="cylinder-change"),
    path("q/", public.lookup, name="lookup"),
    path("q/<slug:token>/", public.cylinder, name="public"),
]
