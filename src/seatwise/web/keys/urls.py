"""The list of keys, the same as a file, and one key."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.keys, name="keys"),
    path("export.csv", views.keys_csv, name="keys_csv"),
    path("<int:key>/", views.key, name="key"),
]
