"""What a pretend organization uses and spends: one ledger, out of which usage and costs are both told."""

from .costs import costs_page
from .ledger import Ledger
from .usage import USAGE, usage_page
from .workers import Line, Worker

__all__ = ["USAGE", "Ledger", "Line", "Worker", "costs_page", "usage_page"]
