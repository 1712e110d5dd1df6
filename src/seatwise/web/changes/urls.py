"""One page: all changes, newest first."""

from django.urls import path

from . import views

urlpatterns = [path("", views.changes, name="changes")]
