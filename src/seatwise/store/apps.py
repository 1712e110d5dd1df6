"""The Django app that holds all models."""

from django.apps import AppConfig


class Store(AppConfig):
    name = "seatwise.store"
    label = "store"
    default_auto_field = "django.db.models.BigAutoField"
