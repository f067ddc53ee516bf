"""The embedded demo: everything on this machine, answering on localhost only."""

import os

from config.embedded.place import Place

_place = Place.from_environment()
_port = os.environ.get("PORT") or "8000"
os.environ["SHOUZE_DATA"] = str(_place.data)
os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{_port}")
os.environ.setdefault("SECURE_COOKIES", "false")
os.environ.setdefault("SMS_ADAPTER", "units.sms.ConsoleSms")
for _name, _key in _place.keys().items():
    os.environ.setdefault(_name, _key)

from config.settings.base import *
from config.settings.base import DATABASE_URL, REDIS_URL, STORAGES, cache, database

# Not through os.environ: a URL there means that somebody runs that server already.
DATABASES = {"default": database(DATABASE_URL or _place.database_url)}
REDIS_URL = REDIS_URL or _place.redis_url
CACHES = {"default": cache(REDIS_URL)}

DEMO = True
SMS_SHOW_CODE_ON_PAGE = True
SECOND_FACTOR_SHOW_CODE_ON_PAGE = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
# Two copies side by side on one host name must not overwrite each other's cookies.
SESSION_COOKIE_NAME = f"sessionid{_port}"
CSRF_COOKIE_NAME = f"csrftoken{_port}"
# Static files are served from where they lie: nothing to collect at start.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
