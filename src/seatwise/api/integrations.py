"""What an integration can read, and what the key of one connection allows of it."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router

from seatwise.services import integrations as service

from .access import actor
from .answers import answer
from .parameters import LARGEST, Text
from .schemas import FAILURES, schema_of

router = Router(tags=["connections"])
Abilities = schema_of(service.Abilities)


@router.get("/{integration}/capabilities", response={200: Abilities, **FAILURES}, operation_id="get_capabilities")
def get_capabilities(
    request: HttpRequest, integration: Text, connection: Annotated[int | None, Field(ge=1, le=LARGEST)] = None
) -> HttpResponse:
    """User fields, license types, streams, and what is read on demand; with `connection`, what its key allows."""
    return answer(service.get_capabilities(actor(request), slug=integration, connection=connection))
