"""URLs of photographs of cylinders: one by one, in bulk, on the phone."""

from django.urls import path

from cylinders.views import field, photo_add, photo_upload, photos

_BATCH = "cylinders/applications/<slug:code>/photos/"
_ITEM = "cylinders/applications/<slug:batch>/items/<slug:code>/"
_ARCHIVE = "cylinders/applications/photo-archives/<slug:code>/"

urlpatterns = [
    path(_ITEM, photos.item, name="item"),
    path(f"{_ITEM}photos/", photo_add.photo_add, name="photo-add"),
    path("cylinders/photos/<uuid:photo>/remove/", photos.photo_remove, name="photo-remove"),
    path("cylinders/photos/<uuid:photo>/kind/", photos.photo_kind, name="photo-kind"),
    path(_BATCH, photo_upload.photo_upload, name="photo-upload"),
    path(f"{_BATCH}match/", photo_upload.photo_match, name="photo-match"),
    path(_ARCHIVE, photo_upload.photo_archive, name="photo-archive"),
    path(f"{_ARCHIVE}<int:number>/", photo_upload.archive_assign, name="archive-assign"),
    path("m/cylinders/", field.field_batches, name="field-batches"),
    path("m/cylinders/<slug:code>/", field.field_batch, name="field-batch"),
    path("m/cylinders/<slug:batch>/<slug:code>/", field.field_item, name="field-item"),
]
