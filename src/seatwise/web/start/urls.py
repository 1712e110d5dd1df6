"""The start page and the health check."""

from django.urls import path

from . import views

urlpatterns = [path("", views.start, name="start"), path("healthz", views.healthz, name="healthz")]
