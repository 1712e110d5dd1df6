"""The contract's own suite, in one line."""

from seatwise.connectors.openai import openai
from seatwise.connectors.openai.sandbox import Organization, Sandbox
from seatwise.sdk.conformance import conform


def test_openai_keeps_the_contract():
    acme = Organization.seeded("Acme", users=120, invites=10, projects=5, archived_projects=1, seed=3)
    reader = next(role["id"] for role in acme.roles if role["predefined_role"])
    acme.assign_role(reader, group_id=next(iter(acme.groups))["id"])
    with Sandbox([acme]).running() as base_url:
        assert conform(openai, {"organization_id": acme.id, "admin_key": acme.key.value}, base_url) == []
