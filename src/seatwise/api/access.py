"""Who asks: a script with a token from Settings, or a signed-in operator's browser. And how often they may."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth
from ninja.throttling import SimpleRateThrottle

from seatwise.services.rights import Actor, actor_of
from seatwise.services.tokens import actor_of_token


class Token(HttpBearer):
    """`Authorization: Bearer …`, with a token made under Settings."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        found: Actor | None = actor_of_token(token)
        return found


class SignedIn(SessionAuth):
    """A browser that is signed in; what it writes is checked against forgery. A stranger is refused as a stranger."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if request.user.is_authenticated else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        user: Any = request.user
        return actor_of(user)


class PerActor(SimpleRateThrottle):
    """So many requests for each token or operator."""

    def get_cache_key(self, request: HttpRequest) -> str | None:
        return f"api-{actor(request).name.encode().hex()}"


def actor(request: HttpRequest) -> Actor:
    """Who acts in a request that was let in."""
    who = request.auth  # type: ignore[attr-defined]
    if not isinstance(who, Actor):
        raise TypeError("a route was reached without a token or a sign-in")
    return who
