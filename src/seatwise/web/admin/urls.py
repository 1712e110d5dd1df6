"""The pages of Settings; each dialog is a page of its own."""

from django.urls import path

from . import account, general, operators, tokens

urlpatterns = [
    path("", account.settings, name="settings"),
    path("general/", general.general, name="general"),
    path("account/", account.account, name="account"),
    path("operators/", operators.operators, name="operators"),
    path("operators/invite/", operators.invite, name="operator_invite"),
    path("operators/<int:pk>/role/", operators.role, name="operator_role"),
    path("operators/<int:pk>/link/", operators.link, name="operator_link"),
    path("operators/<int:pk>/disable/", operators.disable, name="operator_disable"),
    path("operators/<int:pk>/enable/", operators.enable, name="operator_enable"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.new, name="token_new"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
]
