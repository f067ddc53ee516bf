"""URLs of certificates and their public page."""

from django.urls import path

from cylinders.views import certificates, public_certificate

urlpatterns = [
    path("cylinders/certificates/", certificates.certificate_list, name="certificate-list"),
    path("cylinders/certificates/<slug:code>/", certificates.certificate, name="certificate"),
    path(
        "cylinders/certificates/<slug:code>/reprint/",
        certificates.certificate_reprint,
        name="certificate-reprint",
    ),
    path(
        "q/certificate/<slug:token>/",
        public_certificate.public_certificate,
        name="public-certificate",
    ),
]
