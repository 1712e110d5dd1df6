"""Addresses of the integrations: the page, each tile's own look, the Connect dialog and the capabilities."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.integrations, name="integrations"),
    path("capabilities", views.all_capabilities, name="all_capabilities"),
    path("<slug:slug>/tile", views.tile, name="tile"),
    path("<slug:slug>/connect", views.connect, name="connect"),
    path("<slug:slug>/capabilities", views.capabilities, name="capabilities"),
]
