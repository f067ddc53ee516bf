"""URLs of the bureau's desk: registrations and notices, and the notices as units receive them."""

from django.urls import path

from units.views import bureau, notices, received

urlpatterns = [
    path("bureau/registrations/", bureau.registration_list, name="registration-list"),
    path(
        "bureau/registrations/<slug:code>/",
        bureau.registration_detail,
        name="registration-detail",
    ),
    path("bureau/notices/", notices.notice_list, name="notice-list"),
    path("bureau/notices/write/", notices.write, name="notice-write"),
    path("bureau/notices/<slug:code>/", notices.detail, name="notice"),
    path("bureau/notices/<slug:code>/export/", notices.export, name="notice-export"),
    path("bureau/notices/<slug:code>/withdraw/", notices.withdraw, name="notice-withdraw"),
    path("notices/<slug:code>/", received.detail, name="received-notice"),
    path("notices/<slug:code>/read/", received.read, name="received-notice-read"),
]
