"""URLs of the archive."""

from django.urls import path

from equipment.views import archive, assign, edit

app_name = "equipment"
urlpatterns = [
    path("equipment/", archive.equipment_list, name="list"),
    path("equipment/add/", edit.equipment_add, name="add"),
    path("equipment/catalogue/", archive.catalogue_page, name="catalogue"),
    path("equipment/assign/", assign.assign, name="assign"),
    path("equipment/<slug:code>/", archive.equipment_detail, name="detail"),
    path("equipment/<slug:code>/edit/", edit.equipment_edit, name="edit"),
    path("equipment/<slug:code>/status/", edit.equipment_status, name="status"),
]
