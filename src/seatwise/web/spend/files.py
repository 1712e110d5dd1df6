"""Spend, usage and costs as files. Whatever can be refused is refused before the first line."""

import tempfile
from datetime import UTC, datetime
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from seatwise.services import costs as service
from seatwise.services import parquet
from seatwise.services.rights import Actor
from seatwise.services.spend import export_spend
from seatwise.services.usage import export_usage
from seatwise.web.download import csv_file
from seatwise.web.shell import screen

from .filters import Filters
from .rows import COLUMNS, COSTS, USAGE, cells, row_cells, usage_cells
from .views import USAGE_TABS


@require_safe
@screen
def lines_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    """The lines of the table with this address, of every currency."""
    filters = Filters.read(request.GET)
    found = export_spend(operator, **filters.asked, currency=filters.currency)
    return csv_file(f"spend-by-{filters.by}", COLUMNS, cells(filters.by, found))


@require_safe
@screen
def usage_csv(request: HttpRequest, operator: Actor) -> HttpResponseBase:
    filters = Filters.read(request.GET, USAGE_TABS, "model")
    found = export_usage(operator, **filters.asked, family=filters.family)
    return csv_file(f"usage-by-{filters.by}", USAGE, usage_cells(filters.by, found))


@require_safe
@screen
def costs(request: HttpRequest, operator: Actor, name: str) -> HttpResponseBase:
    """The vendor's rows of the range: csv, parquet, focus-csv or focus-parquet."""
    if name not in ("csv", "parquet", "focus-csv", "focus-parquet"):
        raise Http404
    asked = {key: value for key, value in Filters.read(request.GET).asked.items() if key != "by"}
    focus = name.startswith("focus")
    rows: Any = service.export_focus(operator, **asked) if focus else service.export_costs(operator, **asked)
    kind: Any = service.FocusRow if focus else service.CostRow
    called = "costs-focus" if focus else "costs"
    if name.endswith("csv"):
        columns = kind.__struct_fields__ if focus else COSTS
        return csv_file(called, columns, row_cells(columns, rows))
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    parquet.write(kind, rows, file)
    file.seek(0)
    day = datetime.now(UTC).date().isoformat()
    return FileResponse(file, as_attachment=True, filename=f"{called}-{day}.parquet")
