"""The list of projects, the same as a file, one project, and reading its limits."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.projects, name="projects"),
    path("export.csv", views.projects_csv, name="projects_csv"),
    path("<int:key>/", views.project, name="project"),
    path("<int:key>/access.csv", views.project_access_csv, name="project_access_csv"),
    path("<int:key>/read", views.read_limits, name="read_limits"),
]
