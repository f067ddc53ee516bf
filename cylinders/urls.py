"""URLs of cylinders: applications, photographs, the bureau's desk, archive, filling, public pages."""

from django.urls import include, path

app_name = "cylinders"

urlpatterns = [
    path("", include("cylinders.urls_batches")),
    path("", include("cylinders.urls_photos")),
    path("", include("cylinders.urls_review")),
    path("", include("cylinders.urls_checks")),
    path("", include("cylinders.urls_certificates")),
    path("", include("cylinders.urls_archive")),
    path("", include("cylinders.urls_filling")),
]
