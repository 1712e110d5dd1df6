"""All models, one file per family."""

from .access import Group, GroupMember, Limit, LookedUp, Role, RoleAssignment
from .activity import AuditEvent, LicenseDay
from .alerts import Alert, AllowedHost, Budget, Channel, Condition, Delivery, ThresholdFired, Watch
from .connection import Connection, ListedPage, Stream
from .history import AuditEntry, Change
from .keys import Key, KeyCount, ServiceAccount
from .operator import ApiToken, OneTimeLink, Operator, Setting
from .run import Run, RunStream
from .spend import Cost, Edition, SpendDay, SpendMonth, Unsettled, Usage, UsageDay
from .vendor import Headcount, Project, ProjectMember, User

__all__ = [
    "Alert", "AllowedHost", "ApiToken", "AuditEntry", "AuditEvent", "Budget", "Change", "Channel", "Condition",
    "Connection", "Cost", "Delivery", "Edition", "Group", "GroupMember", "Headcount", "Key", "KeyCount", "LicenseDay",
    "Limit", "ListedPage", "LookedUp", "OneTimeLink", "Operator", "Project", "ProjectMember", "Role", "RoleAssignment",
    "Run", "RunStream", "ServiceAccount", "Setting", "SpendDay", "SpendMonth", "Stream", "ThresholdFired", "Unsettled",
    "Usage", "UsageDay", "User", "Watch",
]  # fmt: skip
