"""All licenses, and the users behind one number."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.licenses, name="licenses"),
    path("<slug:license>/<slug:group>/", views.license_users, name="license_users"),
]
