"""The Django project's settings; every choice an install makes is an environment variable with a safe default."""

import logging
import os
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from . import __version__
from .store.keys import data_dir, django_secret

WEB = Path(__file__).parent / "web"
DATA_DIR = data_dir()
SECRET_KEY = django_secret(DATA_DIR)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SEATWISE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "seatwise.urls"
WSGI_APPLICATION = "seatwise.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "store.Operator"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

# SEATWISE_<VENDOR>_BASE_URL, by slug: where administration calls go. Nothing else knows a sandbox from the real thing.
OWN_ADDRESS = re.compile(r"SEATWISE_(\w+)_BASE_URL")
VENDOR_BASE_URLS = {
    named[1].lower().replace("_", "-"): url or None
    for name, url in os.environ.items()
    if (named := OWN_ADDRESS.fullmatch(name))
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "django_htmx",
    "django_cotton",
    "lucide",
    "seatwise.store",
    "seatwise.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "seatwise.web.signin.middleware.LoginRequired",  # deny by default
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB, WEB / "signin"],  # templates lie beside their view; allauth asks for account/…
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.static",
                "seatwise.web.templatetags.shown",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "seatwise.web.shell.context",
            ],
        },
    }
]
COTTON_DIR = "components"
COTTON_ISOLATE_BY_DEFAULT = True  # a component knows what it is given, and no more


def database(url: str) -> dict[str, Any]:
    """Django's database settings for a postgresql:// URL, or for the SQLite file in the data directory."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "seatwise.sqlite3",
            "OPTIONS": {
                # Short IMMEDIATE transactions let a web write in between two pieces of a sync. A log of 16 MB before it
                # is written back saves a first sync a twentieth of its CPU.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
                "PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("SEATWISE_DATABASE_URL must begin with postgresql://; without it SQLite is used")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(options.pop("port", None) or parts.port or ""),
        "OPTIONS": options,
    }


DATABASES = {
    "default": {
        **database(os.environ.get("SEATWISE_DATABASE_URL", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}


def mail_server(url: str) -> dict[str, Any]:
    """Django's mail settings for smtp://user:password@host:port (STARTTLS; `?tls=none` without) or smtps://…; no server
    for no URL, and then no mail is sent."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        raise ValueError("SEATWISE_SMTP_URL must read smtp://user:password@host:port, or smtps://…")
    tls = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if tls else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls,
        "EMAIL_USE_TLS": parts.scheme == "smtp" and dict(parse_qsl(parts.query)).get("tls") != "none",
    }


globals().update(mail_server(os.environ.get("SEATWISE_SMTP_URL", "")))
DEFAULT_FROM_EMAIL = os.environ.get("SEATWISE_MAIL_FROM") or "seatwise@localhost"

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "seatwise.web.signin.adapter.ClosedSignup"
ACCOUNT_FORMS = {
    "login": "seatwise.web.signin.forms.SignIn",
    "change_password": "seatwise.web.signin.forms.ChangePassword",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "/accounts/login/"

# No collectstatic: files come straight from the package; the version in the path makes them immutable.
STATIC_URL = f"/static/{__version__}/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:  # noqa: N802
    return True


MESSAGE_TAGS = {20: "info", 25: "good", 30: "warn", 40: "bad"}  # the tones of web/components/notice.html
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("SEATWISE_HTTPS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # failed sign-ins are counted by client, not all on the proxy's address
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}


class UtcFormatter(logging.Formatter):
    converter = time.gmtime  # type: ignore[assignment]


# Plain lines on standard error: what went wrong, never what was sent. Tracebacks show code, not values.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": UtcFormatter,
            "fmt": "%(asctime)sZ %(levelname)s %(name)s: %(message)s",
            "datefmt": "%Y-%m-%dT%H:%M:%S",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"seatwise": {"level": "INFO"}, "django": {"handlers": [], "level": "WARNING"}},
}
