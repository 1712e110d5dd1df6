"""Ready-made organizations: a pretend company for the demo, and the sizes that measurements are made on."""

from typing import Literal

from .holdings import Wanted
from .world import Organization

Size = Literal["M", "XL"]


def demo_organizations(users: int = 240, *, now: int | None = None) -> tuple[Organization, Organization, Organization]:
    """Acme Corp with this many users and two smaller organizations, the first of which shares some people with it. Ids
    and keys are the same at every call. Labs is told costs as text; Europe is not told them by user and project."""
    labs, europe = max(1, users // 4), max(1, users * 2 // 5)
    made = (
        Organization.seeded("Acme Corp", users=users, seed=11, now=now, domain="acme.example", awkward=0.03),
        Organization.seeded(
            "Acme Labs", users=labs, seed=12, now=now, domain="acme.example", first_person=users * 9 // 10, awkward=0.03
        ),
        Organization.seeded(
            "Acme Europe", users=europe, seed=13, now=now, domain="acme.example", first_person=users * 3, awkward=0.03
        ),
    )
    made[1].text_amounts = True
    made[2].refuse_grouping("costs", "user_id", "project_id")
    return made


_SIZES = {
    "M": (10_000, 2_000, 300, Wanted(1_500, 8_600, (1_000, 600, 400, 300), results=200, lines=100)),
    "XL": (100_000, 20_000, 1_000, Wanted(5_000, 28_600, (2_000, 1_000, 600, 400), results=1_000, lines=400)),
}


def sized_organization(size: Size, *, now: int | None = None) -> Organization:
    """The organizations of the benchmarks; every run of one size meets the same bytes for the same `now`. Every whole
    day of M has 200 results of completions by project, user and model, and 100 costs by project and line item; of XL
    1,000 and 400."""
    users, invites, projects, wanted = _SIZES[size]
    return Organization.seeded(
        f"Size {size}",
        users=users,
        invites=invites,
        projects=projects,
        archived_projects=0,
        members_per_project=60,
        admin_keys=50,
        groups=20,
        seed=1,
        now=now,
        awkward=0.002,
        wanted=wanted,
        late=False,
    )
