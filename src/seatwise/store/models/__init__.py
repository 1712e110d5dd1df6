"""All models, one file per family."""

from .connection import Connection, Stream
from .history import AuditEntry, Change
from .keys import Key, ServiceAccount
from .operator import ApiToken, OneTimeLink, Operator, Setting
from .run import Run, RunStream
from .spend import Cost, SpendDay, SpendMonth, Unsettled, Usage
from .vendor import Headcount, Project, ProjectMember, User

__all__ = [
    "ApiToken", "AuditEntry", "Change", "Connection", "Cost", "Headcount", "Key", "OneTimeLink", "Operator", "Project",
    "ProjectMember", "Run", "RunStream", "ServiceAccount", "Setting", "SpendDay", "SpendMonth", "Stream", "Unsettled",
    "Usage", "User",
]  # fmt: skip
