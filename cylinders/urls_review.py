"""URLs of the bureau's desk."""

from django.urls import path

from cylinders.views import decisions, review, settings

urlpatterns = [
    path("bureau/cylinders/", review.review_list, name="review-list"),
    path("bureau/cylinders/settings/", settings.settings, name="settings"),
    path("bureau/cylinders/<slug:code>/", review.review, name="review"),
    path("bureau/cylinders/<slug:code>/decide/", decisions.decide, name="review-decide"),
    path("bureau/cylinders/<slug:code>/void/", decisions.void, name="void"),
]
