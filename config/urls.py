"""The URLconf: every app under its own namespace; every view carries an access declaration."""

from django.urls import include, path

from config import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz/", views.healthz, name="healthz"),
    path("", include("duties.urls")),  # first: the phone's daily pages, asked for most
    path("", include("units.urls")),
    path("", include("equipment.urls")),
    path("", include("hazards.urls")),
    path("", include("cylinders.urls")),
    path("", include("reports.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
