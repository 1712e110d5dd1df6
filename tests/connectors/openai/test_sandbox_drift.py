"""How the pretend organizations drift: at random, repeatably, and never into a contradiction."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from test_sandbox_world import NOW, check_consistent, everything

from seatwise.connectors.openai.sandbox import Difference, Drift, Organization, drift


def test_a_difference_names_what_came_changed_and_went() -> None:
    made = Organization.seeded("Acme", users=10, awkward=0)
    before, ids = made.truth(), made.users.ids()
    new = made.add_user()
    made.update_user(ids[1], role="auditor")
    made.remove_user(ids[2])
    found = Drift.between(before, made.truth())
    assert found.users == Difference({new["id"]}, {ids[1]: {"role"}}, {ids[2]})
    assert found.invites == Difference(set(), {}, set())


@settings(max_examples=25, deadline=None)
@given(seeds=st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
def test_drift_repeats_and_never_contradicts_itself(seeds: list[int]) -> None:
    one, same = (Organization.seeded("Acme", users=25, seed=5, now=NOW, awkward=0.2) for _ in range(2))
    for seed in seeds:
        before = one.truth()
        found = drift(one, seed)
        assert found == drift(same, seed)
        assert len(found.users.departed) <= max(1, len(before.users) // 10)
        check_consistent(one)
    assert everything(one) == everything(same)


def test_drift_takes_every_kind_of_step_in_time() -> None:
    made = Organization.seeded("Acme", users=40, seed=5, now=NOW)
    words = " ".join(step for seed in range(40) for step in drift(made, seed, steps=8).steps)
    for word in (
        "joined",
        "left",
        "now has",
        "sent",
        "accepted",
        "withdrawn",
        "founded",
        "renamed",
        "archived",
        " is ",
    ):
        assert word in words


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_drift_of_access_repeats_and_keeps_keys_and_access_in_step(seed: int) -> None:
    one, same = (Organization.seeded("Acme", users=25, seed=5, now=NOW, awkward=0.2) for _ in range(2))
    before = one.truth()
    found = drift(one, seed, steps=25, access=True)
    assert found == drift(same, seed, steps=25, access=True) == Drift.between(before, one.truth(), found.steps)
    check_consistent(one)
    for (project_id, _), key in one.truth().api_keys.items():
        if key["owner"]["type"] == "user":
            active = one.has_access(project_id, key["owner"]["user"]["id"])
            assert key["owner_project_access"] == ("active" if active else "inactive")
        else:
            assert key["owner"]["service_account"]["id"] in one.service_accounts[project_id]
    assert all(user_id in one.users for _, user_id in one.truth().group_members)
