"""All models, one file per family."""

from .connection import Connection, Stream
from .history import AuditEntry, Change
from .operator import ApiToken, OneTimeLink, Operator, Setting
from .run import Run, RunStream
from .vendor import Headcount, Project, ProjectMember, User

__all__ = [
    "ApiToken", "AuditEntry", "Change", "Connection", "Headcount", "OneTimeLink", "Operator", "Project",
    "ProjectMember", "Run", "RunStream", "Setting", "Stream", "User",
]  # fmt: skip
