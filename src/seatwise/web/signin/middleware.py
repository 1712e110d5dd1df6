"""Deny by default: every page needs a sign-in unless its view says otherwise."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from seatwise.web.shell import came_from


class LoginRequired(LoginRequiredMiddleware):
    """The API is left to itself: it answers 401 in its own words."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: Any,
    ) -> HttpResponseBase | None:
        if request.path_info.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # htmx is told where to go in a header of its own
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """A fragment cannot show a sign-in form: htmx is told to go there as a page, and to come back."""
        if request.headers.get("HX-Request") != "true":
            return super().handle_no_permission(request, view_func)
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = f"{settings.LOGIN_URL}?{urlencode({'next': came_from(request)})}"
        return answer
