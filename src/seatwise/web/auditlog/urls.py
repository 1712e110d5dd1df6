"""One page: all entries, newest first."""

from django.urls import path

from . import views

urlpatterns = [path("", views.audit, name="audit")]
