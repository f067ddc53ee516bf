"""URLs of applications of a unit."""

from django.urls import path

from cylinders.views import batches, exports, items, progress

_ONE = "cylinders/applications/<slug:code>/"

urlpatterns = [
    path("cylinders/applications/", batches.batch_list, name="batch-list"),
    path("cylinders/applications/add/", batches.batch_add, name="batch-add"),
    path(_ONE, batches.batch, name="batch"),
    path(f"{_ONE}basics/", batches.batch_basics, name="batch-basics"),
    path(f"{_ONE}discard/", batches.batch_discard, name="batch-discard"),
    path(f"{_ONE}submit/", batches.submit, name="submit"),
    path(f"{_ONE}remove/", items.items_remove, name="items-remove"),
    path(
        "cylinders/applications/<slug:batch>/items/<slug:code>/change/",
        items.item_change,
        name="item-change",
    ),
    path(f"{_ONE}export/", exports.items_export, name="items-export"),
    path("cylinders/progress/", progress.progress_list, name="progress-list"),
    path("cylinders/progress/<slug:code>/", progress.progress, name="progress"),
    path("cylinders/progress/<slug:code>/again/", progress.batch_again, name="batch-again"),
]
