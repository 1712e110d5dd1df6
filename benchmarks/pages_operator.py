"""Prints the cookie of an owner who is signed in, made for the measurement."""

import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "seatwise.settings"
import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from seatwise.store.models import Operator  # noqa: E402

owner, _ = Operator.objects.get_or_create(email="owner@bench.example", role="owner")
client = Client()
client.force_login(owner)
print(json.dumps({"cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}))
