"""Addresses of one connection; whatever changes something is a POST."""

from django.urls import path

from . import dialogs, views

urlpatterns = [
    path("<int:pk>/", views.connection, name="connection"),
    path("<int:pk>/sync", views.sync, name="sync"),
    path("<int:pk>/cancel", views.cancel, name="cancel"),
    path("<int:pk>/pause", views.pause, name="pause"),
    path("<int:pk>/resume", views.resume, name="resume"),
    path("<int:pk>/streams", views.streams, name="streams"),
    path("<int:pk>/departures", dialogs.departures, name="departures"),
    path("<int:pk>/settings", dialogs.settings, name="connection_settings"),
    path("<int:pk>/reconnect", dialogs.reconnect, name="reconnect"),
    path("<int:pk>/disconnect", dialogs.disconnect, name="disconnect"),
]
