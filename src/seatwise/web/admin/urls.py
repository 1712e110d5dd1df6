"""The pages of Settings; each dialog is a page of its own."""

from django.urls import path

from . import account, channels, general, operators, tokens

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
    path("channels/", channels.channels, name="channels"),
    path("channels/new/<slug:name>/", channels.new, name="channel_new"),
    path("channels/hosts/allow/", channels.allow, name="host_allow"),
    path("channels/hosts/forbid/", channels.forbid, name="host_forbid"),
    path("channels/deliveries/<int:pk>/again/", channels.again, name="delivery_again"),
    path("channels/<int:pk>/edit/", channels.edit, name="channel_edit"),
    path("channels/<int:pk>/switch/", channels.switch, name="channel_switch"),
    path("channels/<int:pk>/test/", channels.test, name="channel_test"),
    path("channels/<int:pk>/secret/", channels.renew, name="channel_renew"),
    path("channels/<int:pk>/delete/", channels.delete, name="channel_delete"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.new, name="token_new"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
]
