"""What is spent, what is used, and both as files."""

from django.urls import path

from . import files, views

urlpatterns = [
    path("", views.spend, name="spend"),
    path("export.csv", files.lines_csv, name="spend_csv"),
    path("costs/<slug:name>/", files.costs, name="spend_costs"),
    path("usage/", views.usage, name="spend_usage"),
    path("usage/export.csv", files.usage_csv, name="spend_usage_csv"),
]
