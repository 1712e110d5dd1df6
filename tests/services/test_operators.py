"""Who may sign in: set-up that closes for good, invitations, and always an owner who can."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from seatwise.services import links, operators, settings, tokens
from seatwise.services.errors import Conflict, NotAllowed, NotFound, Refusal
from seatwise.services.rights import SYSTEM, Permission, actor_of
from seatwise.store.models import ApiToken, AuditEntry, OneTimeLink, Operator

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


@pytest.fixture
def owner():
    token = links.create_setup_link()
    assert token
    return links.accept_link(token, email="ada@example.com", password=PASSWORD, name="Ada")


def invited(role="viewer", email="ben@example.com"):
    return links.accept_link(operators.invite_operator(SYSTEM, email=email, role=role), password=PASSWORD)


def test_set_up_makes_the_owner_and_closes_for_good():
    old, token = links.create_setup_link(), links.create_setup_link()
    assert old
    assert token
    with pytest.raises(NotFound):
        links.read_link(old)
    owner = links.accept_link(token, email="ada@example.com", password=PASSWORD)
    assert (owner.role, owner.check_password(PASSWORD)) == ("owner", True)
    assert owner.password.startswith("argon2$argon2id$")
    assert links.create_setup_link() is None
    for used in (old, token):
        with pytest.raises(NotFound):
            links.accept_link(used, email="eve@example.com", password=PASSWORD)
    assert Operator.objects.count() == 1


def test_of_two_who_set_up_at_once_one_becomes_owner():
    token = links.create_setup_link()
    outcomes: list[object] = []

    def accept(email):
        try:
            outcomes.append(links.accept_link(token, email=email, password=PASSWORD))
        except NotFound as refusal:
            outcomes.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=accept, args=(f"{name}@example.com",)) for name in ("ada", "eve")]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotFound", "Operator"]
    assert Operator.objects.count() == 1


def test_a_link_is_kept_as_a_hash_alone(owner):
    token = operators.invite_operator(SYSTEM, email="ben@example.com", role="viewer")
    assert token not in str(list(OneTimeLink.objects.values()))
    assert token not in str(list(AuditEntry.objects.values()))


def test_a_link_runs_out(owner):
    token = operators.invite_operator(SYSTEM, email="ben@example.com", role="viewer")
    OneTimeLink.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotFound):
        links.read_link(token)


def test_a_weak_password_is_refused_and_the_link_still_works(owner):
    token = operators.invite_operator(SYSTEM, email="ben@example.com", role="viewer")
    with pytest.raises(Refusal) as refused:
        links.accept_link(token, password="password")
    assert refused.value.fields["password"]
    assert links.accept_link(token, password=PASSWORD).email == "ben@example.com"


def test_an_invitation_asked_for_again_replaces_the_first(owner):
    first = operators.invite_operator(SYSTEM, email="ben@example.com", role="viewer")
    second = operators.invite_operator(SYSTEM, email="Ben@example.com", role="admin")
    with pytest.raises(NotFound):
        links.read_link(first)
    assert links.accept_link(second, password=PASSWORD).role == "admin"
    with pytest.raises(Conflict):
        operators.invite_operator(SYSTEM, email="BEN@example.com", role="viewer")


def test_the_last_owner_cannot_be_removed(owner):
    with pytest.raises(Conflict, match="last owner"):
        operators.disable_operator(SYSTEM, id=owner.pk)
    with pytest.raises(Conflict, match="last owner"):
        operators.change_operator_role(SYSTEM, id=owner.pk, role="admin")
    operators.invite_operator(SYSTEM, email="not.come@example.com", role="owner")
    with pytest.raises(Conflict, match="last owner"):
        operators.disable_operator(SYSTEM, id=owner.pk)
    invited("owner")
    operators.disable_operator(SYSTEM, id=owner.pk)


def test_two_owners_cannot_remove_each_other_at_once(owner):
    other = invited("owner")
    refused: list[str] = []

    def disable(pk):
        try:
            operators.disable_operator(SYSTEM, id=pk)
        except Conflict as conflict:
            refused.append(conflict.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=disable, args=(pk,)) for pk in (owner.pk, other.pk)]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    assert len(refused) == 1
    assert Operator.objects.filter(role="owner", is_active=True).count() == 1


def test_a_disabled_operator_may_nothing_and_has_no_way_in(owner):
    ben = invited("admin")
    text, _ = tokens.create_token(actor_of(ben), name="report", days=30, role="viewer")
    token = operators.reset_password(SYSTEM, email=ben.email)
    operators.disable_operator(SYSTEM, id=ben.pk)
    ben.refresh_from_db()
    assert not any(actor_of(ben).may(permission) for permission in Permission)
    assert tokens.actor_of_token(text) is None
    with pytest.raises(NotFound):
        links.read_link(token)
    operators.enable_operator(SYSTEM, id=ben.pk)
    ben.refresh_from_db()
    assert actor_of(ben).may(Permission.SYNC)


def test_a_new_password_replaces_the_old(owner):
    links.accept_link(operators.reset_password(SYSTEM, email="ADA@example.com"), password="another good phrase")
    owner.refresh_from_db()
    assert owner.check_password("another good phrase")


def test_a_token_does_no_more_than_its_maker_today(owner):
    ben = invited("admin")
    text, info = tokens.create_token(actor_of(ben), name="report", days=30, role="admin")
    assert (info.state, tokens.actor_of_token(text).name) == ("active", "token:report")
    operators.change_operator_role(SYSTEM, id=ben.pk, role="viewer")
    assert not tokens.actor_of_token(text).may(Permission.SYNC)
    with pytest.raises(Refusal):
        tokens.create_token(actor_of(Operator.objects.get(pk=ben.pk)), name="more", days=30, role="admin")
    assert text not in str(list(ApiToken.objects.values()))


def test_tokens_end_when_they_say_and_when_revoked(owner):
    ben, cy = invited("admin"), invited("admin", "cy@example.com")
    text, info = tokens.create_token(actor_of(ben), name="report", days=1, role="viewer")
    with pytest.raises(NotFound):
        tokens.revoke_token(actor_of(cy), id=info.id)
    assert tokens.list_tokens(actor_of(cy)) == []
    tokens.revoke_token(actor_of(owner), id=info.id)
    assert tokens.actor_of_token(text) is None
    late, _ = tokens.create_token(actor_of(ben), name="late", days=1, role="viewer")
    ApiToken.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert tokens.actor_of_token(late) is None
    assert {token.state for token in tokens.list_tokens(actor_of(ben))} == {"revoked", "expired"}
    for text in ("", "seatwise_", "x" * 5000):
        assert tokens.actor_of_token(text) is None


def test_a_setting_keeps_its_bounds_and_is_written_down():
    with pytest.raises(Refusal) as refused:
        settings.change_settings(SYSTEM, values={"idle_days": 0, "departures_brake": 101, "nonsense": 1})
    assert set(refused.value.fields) == {"idle_days", "departures_brake", "nonsense"}
    changed = settings.change_settings(SYSTEM, values={"idle_days": 30, "support_address": "help@example.com"})
    values = {s.name: s.value for s in changed}
    assert values | {"idle_days": 30, "departures_brake": 50, "support_address": "help@example.com"} == values
    assert AuditEntry.objects.filter(outcome="done").get().detail["idle_days"] == {"before": 90, "after": 30}


def test_only_owners_manage_operators(owner):
    for role in ("admin", "viewer"):
        with pytest.raises(NotAllowed):
            operators.list_operators(actor_of(Operator(email="x@example.com", role=role)))
