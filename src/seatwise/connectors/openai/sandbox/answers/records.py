"""What happened: the audit log, usage and costs."""

from functools import partial
from typing import Any

from ..audit import AuditLog
from ..auth import AUDIT_LOGS_READ, USAGE_READ
from ..spend import USAGE, costs_page, usage_page
from ..spend.usage import Family
from ..world import Organization
from .endpoint import Endpoint, Place


def _audit(organization: Organization, place: Place, query: Any) -> bytes:
    """While the log is switched off it is empty, which is no error."""
    log = organization.audit if organization.audit_log_on else AuditLog(organization.id)
    return log.page(query)


def _usage(family: Family, organization: Organization, place: Place, query: Any) -> bytes:
    return usage_page(organization.ledger, organization.now, family, query, organization.refused_groupings)


def _costs(organization: Organization, place: Place, query: Any) -> bytes:
    ledger, refused = organization.ledger, organization.refused_groupings
    return costs_page(ledger, organization.now, query, refused, text_amounts=organization.text_amounts)


ENDPOINTS = (
    Endpoint("/organization/audit_logs", AUDIT_LOGS_READ, _audit),
    *(Endpoint(f"/organization/usage/{name}", USAGE_READ, partial(_usage, family)) for name, family in USAGE.items()),
    Endpoint("/organization/costs", USAGE_READ, _costs),
)
