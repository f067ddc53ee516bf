"""URLs of the checklists: fixed ones and a unit's own (desk)."""

from django.urls import path

from duties.views import desk

urlpatterns = [
    path("checklists/", desk.checklist_list, name="checklist-list"),
    path("checklists/<slug:code>/", desk.checklist_detail, name="checklist"),
]
