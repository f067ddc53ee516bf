"""URLs of the checklists: fixed ones and a unit's own (desk)."""

from django.urls import path

from duties.views import checklist_items as items
from duties.views import checklists as views

urlpatterns = [
    path("checklists/", views.checklist_list, name="checklist-list"),
    path("checklists/add/", views.add, name="checklist-add"),
    path("checklists/<slug:code>/", views.checklist_detail, name="checklist"),
    path("checklists/<slug:code>/edit/", views.edit, name="checklist-edit"),
    path("checklists/<slug:code>/remove/", views.remove, name="checklist-remove"),
    path("checklists/<slug:code>/copy/", views.copy, name="checklist-copy"),
    path("checklists/<slug:code>/enable/", views.enable, name="checklist-enable"),
    path("checklists/<slug:code>/retire/", views.retire, name="checklist-retire"),
    path("checklists/<slug:code>/items/add/", items.item_add, name="checklist-item-add"),
    path(
        "checklists/<slug:code>/items/<slug:item>/edit/",
        items.item_edit,
        name="checklist-item-edit",
    ),
    path(
        "checklists/<slug:code>/items/<slug:item>/move/",
        items.item_move,
        name="checklist-item-move",
    ),
    path(
        "checklists/<slug:code>/items/<slug:item>/remove/",
        items.item_remove,
        name="checklist-item-remove",
    ),
]
