"""Settings of the minimal page: session and user, two context processors, no more."""

from pathlib import Path

from config.settings.test import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.minimal"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # its app insists
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent, BASE_DIR / "templates"],  # noqa: F405
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
