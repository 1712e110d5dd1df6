"""Every endpoint the sandbox serves. To add one: name its path, its scope and what answers it, in its room."""

from .answers import directory, keys, policies, records, rights
from .answers.endpoint import Endpoint

ENDPOINTS = (
    *directory.ENDPOINTS,
    *keys.ENDPOINTS,
    *rights.ENDPOINTS,
    *policies.ENDPOINTS,
    *records.ENDPOINTS,
)

__all__ = ["ENDPOINTS", "Endpoint"]
