"""The list, and one alert."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.alerts, name="alerts"),
    path("acknowledge/", views.acknowledge_all, name="alerts_acknowledge"),
    path("<int:key>/", views.alert, name="alert"),
    path("<int:key>/acknowledge/", views.acknowledge, name="alert_acknowledge"),
]
