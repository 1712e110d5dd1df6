"""The list of users, the same as a file, and one user."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.users, name="users"),
    path("export.csv", views.users_csv, name="users_csv"),
    path("<int:key>/", views.user, name="user"),
    path("<int:key>/roles", views.read_roles, name="read_roles"),
]
