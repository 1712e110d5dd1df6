"""The list of service accounts, the same as a file, and one account."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.service_accounts, name="service_accounts"),
    path("export.csv", views.service_accounts_csv, name="service_accounts_csv"),
    path("<int:key>/", views.service_account, name="service_account"),
]
