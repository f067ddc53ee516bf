"""The tests: a fresh database on an embedded server, quick hashing, static files in place."""

import os
import tempfile


def _own_redis_database() -> None:
    """Give each parallel process of a run a Redis database of its own (config.embedded.testrun).

    Written into the environment once, so that servers which a test starts use the same.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    address, _, number = os.environ.get("REDIS_URL", "").partition("?db=")
    if worker.isdigit() and number.isdigit() and "SHOUZE_REDIS_OWNED" not in os.environ:
        os.environ["REDIS_URL"] = f"{address}?db={int(number) + 1 + int(worker)}"
        os.environ["SHOUZE_REDIS_OWNED"] = "1"


_own_redis_database()
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FIELD_KEYS", "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGU=")
os.environ.setdefault("DIGEST_KEY", "only-for-tests-" + "y" * 50)
os.environ.setdefault("SECURE_COOKIES", "false")
os.environ.setdefault("SMS_ADAPTER", "units.sms.ConsoleSms")
os.environ.setdefault("FILES_ROOT", tempfile.gettempdir() + "/shouze-test-files")

from config.settings.base import *
from config.settings.base import DATABASES, LOGGING, STORAGES

if not DATABASES:
    from django.core.exceptions import ImproperlyConfigured

    raise ImproperlyConfigured(
        "测试需要数据库，请用 ./shouze test 运行（可加文件名，例如 ./shouze test tests/units）。"
    )

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# Thousands of tests ask for a refusal: no traceback is written for each (errors of ours still are).
LOGGING["loggers"]["django.request"] = {"level": "ERROR"}
STATIC_ROOT = None  # a live server serves static files from where they lie
# testrun names them: one database per run, copied from one that is migrated already.
DATABASES["default"]["TEST"] = {
    "NAME": os.environ.get("TEST_DATABASE_NAME") or None,
    "TEMPLATE": os.environ.get("TEST_DATABASE_TEMPLATE") or None,
}
