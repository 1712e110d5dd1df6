"""A pretend OpenAI: a real HTTP server that answers as the Administration API does, for demo, tests and measurements.

    with Sandbox([Organization.seeded("Acme", users=40)]).running() as base_url: ...

It serves only what is declared in `endpoints`, and depends on nothing of the connector: one is measured by the other.
"""

from .audit import by_key as audit_actor
from .auth import Key
from .demo import demo_organizations, sized_organization
from .drift import drift
from .faults import Fault, Faults
from .holdings import Wanted
from .limiting import RateLimit
from .rows import MISSING
from .server import Request, Sandbox
from .truth import Difference, Drift, Truth
from .world import Organization

__all__ = [
    "MISSING",
    "Difference",
    "Drift",
    "Fault",
    "Faults",
    "Key",
    "Organization",
    "RateLimit",
    "Request",
    "Sandbox",
    "Truth",
    "Wanted",
    "audit_actor",
    "demo_organizations",
    "drift",
    "sized_organization",
]
