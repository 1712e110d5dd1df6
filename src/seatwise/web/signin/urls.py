"""Sign-in and what goes with it. Only these of allauth's pages are reachable; sign-up and reset by e-mail are not."""

from allauth.account import views as account
from django.urls import path

from . import views

urlpatterns = [
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("welcome/<str:token>", views.welcome, name="welcome"),
]
