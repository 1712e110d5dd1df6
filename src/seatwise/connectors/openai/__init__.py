"""OpenAI, through its Administration API: who it is and what it can list. Read-only."""

from seatwise.sdk.connector import Connector, Evidence
from seatwise.sdk.manifest import Field, License, Manifest

from .access import group_members, groups, project_groups, role_assignments, roles
from .audit import audit_events
from .client import BASE_URL, check, open_client, refuse
from .keys import admin_keys, api_keys, service_accounts
from .limits import organization_limits
from .lookups import of_one_project, of_one_user
from .spend import costs, usage_streams
from .streams import invites, project_members, projects, users

openai = Connector(
    manifest=Manifest(
        slug="openai",
        name="OpenAI",
        summary="Users, roles, licenses, projects, keys, groups, activity, usage and costs.",
        fields=(
            Field(
                "organization_id",
                "Organization ID",
                help="platform.openai.com → Settings → Organization → General. It begins with org-.",
                pattern=r"org-[A-Za-z0-9_-]{1,100}",
                placeholder="org-…",
            ),
            Field(
                "admin_key",
                "Admin Key",
                help="platform.openai.com → Settings → Organization → Admin keys (not API keys). An owner creates it; "
                "“Read only” is enough.",
                pattern=r"sk-admin-[A-Za-z0-9_-]{20,200}",
                placeholder="sk-admin-…",
                secret=True,
            ),
        ),
        account_field="organization_id",
        licenses=(License("openai", "OpenAI", "Held by every active human member of the organization."),),
        how_to="connect-openai",
        owner_role="owner",
    ),
    address=BASE_URL,
    open=open_client,
    refuse=refuse,
    check=check,
    streams=(
        users,
        invites,
        projects,
        project_members,
        service_accounts,
        api_keys,
        admin_keys,
        groups,
        group_members,
        roles,
        role_assignments,
        project_groups,
        organization_limits,
        audit_events,
        costs,
        *usage_streams,
    ),
    lookups=(of_one_project, of_one_user),
    evidence=(
        Evidence("users", ("user", "service_account"), removed="user.deleted", added="user.added"),
        Evidence("invites", ("invite",), removed="invite.deleted", added="invite.sent"),
    ),
    passive=("login.failed", "logout.failed"),
    routine=("login.succeeded", "login.failed", "logout.succeeded", "logout.failed"),
)
