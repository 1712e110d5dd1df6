"""Where every door stands. All but those marked open need a sign-in: `web.signin.middleware` sees to it."""

from django.urls import include, path

from seatwise.api import api

urlpatterns = [
    path("", include("seatwise.web.start.urls")),
    path("", include("seatwise.web.signin.urls")),
    path("integrations/", include("seatwise.web.integrations.urls")),
    path("connections/", include("seatwise.web.connections.urls")),
    path("overview/", include("seatwise.web.overview.urls")),
    path("activity/", include("seatwise.web.activity.urls")),
    path("users/", include("seatwise.web.users.urls")),
    path("projects/", include("seatwise.web.projects.urls")),
    path("groups/", include("seatwise.web.groups.urls")),
    path("keys/", include("seatwise.web.keys.urls")),
    path("service-accounts/", include("seatwise.web.serviceaccounts.urls")),
    path("spend/", include("seatwise.web.spend.urls")),
    path("budgets/", include("seatwise.web.budgets.urls")),
    path("alerts/", include("seatwise.web.alerts.urls")),
    path("licenses/", include("seatwise.web.licenses.urls")),
    path("changes/", include("seatwise.web.changes.urls")),
    path("audit/", include("seatwise.web.auditlog.urls")),
    path("settings/", include("seatwise.web.admin.urls")),
    path("help/", include("seatwise.web.help.urls")),
    path("api/v1/", api.urls),
]
