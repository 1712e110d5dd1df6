"""All models, one file per family."""

from .access import Group, GroupMember, Limit, LookedUp, Role, RoleAssignment
from .activity import AuditEvent, LicenseDay
from .connection import Connection, Stream
from .history import AuditEntry, Change
from .keys import Key, KeyCount, ServiceAccount
from .operator import ApiToken, OneTimeLink, Operator, Setting
from .run import Run, RunStream
from .spend import Cost, Edition, SpendDay, SpendMonth, Unsettled, Usage
from .vendor import Headcount, Project, ProjectMember, User

__all__ = [
    "ApiToken", "AuditEntry", "AuditEvent", "Change", "Connection", "Cost", "Edition", "Group", "GroupMember", "Headcount",
    "Key", "KeyCount", "LicenseDay", "Limit", "LookedUp", "OneTimeLink", "Operator", "Project", "ProjectMember", "Role",
    "RoleAssignment", "Run", "RunStream", "ServiceAccount", "Setting", "SpendDay", "SpendMonth", "Stream",
    "Unsettled", "Usage", "User",
]  # fmt: skip
