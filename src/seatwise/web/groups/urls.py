"""Groups and roles as lists and files, and one of each."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.groups, name="groups"),
    path("export.csv", views.groups_csv, name="groups_csv"),
    path("<int:key>/", views.group, name="group"),
    path("roles/", views.roles, name="roles"),
    path("roles/export.csv", views.roles_csv, name="roles_csv"),
    path("roles/<int:key>/", views.role, name="role"),
]
