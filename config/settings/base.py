"""Settings shared by every way of running the product; production uses this module as it is.

Every value that differs between installations comes from the environment (django-environ). A
variable NAME may be given as NAME_FILE instead, holding the path of a file with the value.
"""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.FileAwareEnv()

DATA_DIR = Path(env("SHOUZE_DATA", default=str(BASE_DIR / "var")))

DEBUG = False
DEMO = False  # True only in the embedded demo: sign-in codes may be shown on the page.
SECRET_KEY = env("SECRET_KEY", default="")
# Fernet keys for id numbers, newest first; further keys only decrypt (key rotation).
FIELD_KEYS = env.list("FIELD_KEYS", default=[])
# HMAC key of the digest by which an id number is found again without being readable.
DIGEST_KEY = env("DIGEST_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "config",
    "units",
    "equipment",
    "hazards",
    "duties",
    "cylinders",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.ActorMiddleware",
    "config.middleware.AccessMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.menus.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# ---------------------------------------------------------------- database, cache, broker
DATABASE_URL = env("DATABASE_URL", default="")
REDIS_URL = env("REDIS_URL", default="")


def database(url: str) -> dict:
    """Return Django's DATABASES entry for a database URL, with connections kept open.

    Statement and lock time-outs are short for pages; commands and workers lift them
    (see config.access.page and config.celery).
    """
    entry = environ.Env.db_url_config(url)
    entry["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    entry["CONN_HEALTH_CHECKS"] = True
    options = entry.setdefault("OPTIONS", {})
    options.setdefault("application_name", "shouze")
    entry["ATOMIC_REQUESTS"] = False
    return entry


def cache(url: str) -> dict:
    """Return Django's CACHES entry for a Redis URL (rate limits and short-lived counters only)."""
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}


DATABASES = {"default": database(DATABASE_URL)} if DATABASE_URL else {}
CACHES = {"default": cache(REDIS_URL)} if REDIS_URL else {}
CELERY_BROKER_URL = REDIS_URL
# How many tasks share the districts of a day that is due (duties.tasks.wake_generation), and how
# many sessions of `generate_tasks` share them.
GENERATION_SESSIONS = env.int("GENERATION_SESSIONS", default=2)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WEB_STATEMENT_TIMEOUT = env("WEB_STATEMENT_TIMEOUT", default="15s")
WEB_LOCK_TIMEOUT = env("WEB_LOCK_TIMEOUT", default="5s")

# ---------------------------------------------------------------- language and time
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# ---------------------------------------------------------------- sign-in
AUTH_USER_MODEL = "units.User"
AUTHENTICATION_BACKENDS = ["units.auth.ShouzeBackend"]
LOGIN_URL = "units:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "units:sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "units.auth.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none"
# key = the account or the phone. Offices and mobile networks share addresses, hence room per IP.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "request_login_code": "20/m/ip,1/m/key,10/h/key",
    "login_code_failed": "10/m/ip,100/h/ip",
    "change_password": "5/m/user",
    # Each form handed in hashes a password and says whether names are taken.
    "register": "20/m/ip,200/h/ip",
    "ask_ticket": "3/m/user,20/d/user",
    # The public reports by scanning a machine's code; key = the code.
    "public_report": "6/m/ip,60/h/ip,5/10m/key,40/d/key",
    # Photographs of a report that was refused are looked at and kept a day; key = the code.
    "public_keep": "6/m/ip,60/h/ip,40/d/key",
    # Looking up certificates and cylinders by what is printed on them.
    "public_check": "60/m/ip,600/h/ip",
    # key = the account. The day's limit keeps six digits from being tried through over weeks.
    "second_factor": "20/m/ip,5/5m/key,30/d/key",
    # Stations of the filling interface: key = the key they sign with; failures count by address.
    "filling_request": "600/m/key",
    "filling_denied": "60/m/ip",
}
ACCOUNT_ALLOW_SIGNUPS = False
# Second factor of bureau and platform accounts (units.second_factor).
MFA_ADAPTER = "units.second_factor.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "守责"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_COUNT = 10
SECOND_FACTOR_SHOW_CODE_ON_PAGE = False  # the embedded demo alone turns it on

SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=True)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "SAMEORIGIN"

# SMS: "units.sms.ConsoleSms" (demo), "units.sms.HttpSms" (a provider's HTTP gateway).
SMS_ADAPTER = env("SMS_ADAPTER", default="units.sms.HttpSms")
SMS_SHOW_CODE_ON_PAGE = False  # the embedded demo alone turns it on
SMS_HTTP_URL = env("SMS_HTTP_URL", default="")
SMS_HTTP_TOKEN = env("SMS_HTTP_TOKEN", default="")
SMS_SIGN_NAME = env("SMS_SIGN_NAME", default="守责")

# Telephone of the platform's own support, shown on 联系客服.
SUPPORT_PHONE = env("SUPPORT_PHONE", default="")

# ---------------------------------------------------------------- files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static", ("guide", BASE_DIR / "docs" / "guide" / "images")]
# Fonts are read by the PDF renderer from disk; compressing 20 MB of them takes a minute.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "ttf", "otf",
)  # fmt: skip
FILES_ROOT = Path(env("FILES_ROOT", default=str(DATA_DIR / "files")))
# Path prefix of nginx's internal location; empty = Django streams the file itself.
FILES_ACCEL_PREFIX = env("FILES_ACCEL_PREFIX", default="")
FILES_S3_BUCKET = env("FILES_S3_BUCKET", default="")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(FILES_ROOT), "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if FILES_S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": FILES_S3_BUCKET,
            "endpoint_url": env("FILES_S3_ENDPOINT", default=None),
            "access_key": env("FILES_S3_ACCESS_KEY", default=None),
            "secret_key": env("FILES_S3_SECRET_KEY", default=None),
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }
# A photo is at most 20 MB as received; a form posts several of them.
PHOTO_MAX_BYTES = 20 * 1024 * 1024
PHOTO_MAX_PIXELS = 100_000_000
# A ZIP of photographs of cylinders; nginx takes 256 MB (config/docker/nginx.conf).
PHOTO_ARCHIVE_MAX_BYTES = 200 * 1024 * 1024
# A paper (PDF or scan) as received, see units.uploads.
DOCUMENT_MAX_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 300
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = env("FILE_UPLOAD_TEMP_DIR", default=None)

# ---------------------------------------------------------------- logging
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.logs.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": "line",
        }
    },
    # One line per rendering step says nothing to anybody.
    "loggers": {"weasyprint": {"level": "WARNING"}, "fontTools": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
