"""The list of audit events, the same as a file, and one event."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.activity, name="activity"),
    path("export.csv", views.activity_csv, name="activity_csv"),
    path("<int:key>/", views.event, name="audit_event"),
]
