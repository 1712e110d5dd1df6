"""Addresses of the help pages."""

from django.urls import path

from . import views

urlpatterns = [path("connect-openai", views.connect_openai, name="help_connect_openai")]
