"""What an organization and its projects may do: rate limits, spend limits and alerts, data retention, models, tools.

`None` as a project id means the organization. Amounts are whole cents.
"""

from collections.abc import Iterable

from .people import draw
from .rights import Rights
from .rows import Row, Shelf, Table
from .spend.prices import COMPLETIONS

TOOLS = ("file_search", "web_search", "image_generation", "mcp", "code_interpreter")


class Policies(Rights):
    """`rate_limit_models` is how many models have a rate limit in each project; real projects have been seen with
    thousands. Set it before anything asks."""

    rate_limit_models: int
    rate_limits: dict[str, Table]
    spend_limits: dict[str | None, Row]
    spend_alerts: dict[str | None, Table]
    retention: dict[str | None, str]
    tools: dict[str, Row]
    models: dict[str, Row]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rate_limit_models = 120
        self.rate_limits = Shelf(lambda _: Table(map(rate_limit, range(self.rate_limit_models))))
        self.spend_limits, self.spend_alerts = {}, {}
        self.retention, self.tools, self.models = {None: "modified_abuse_monitoring"}, {}, {}

    def set_rate_limit(self, project_id: str, limit_id: str, **fields: int) -> Row:
        """Change a project's limit for one model; `fields` as the vendor names them. KeyError where there is none."""
        self.rate_limits[project_id][limit_id]
        told = {"id": limit_id, "changes_requested": fields}
        self.record_event("rate_limit.updated", told, project_id=project_id)
        return self.rate_limits[project_id].update(limit_id, fields)

    def set_spend_limit(self, cents: int | None, *, project_id: str | None = None, enforcing: bool = True) -> None:
        """A monthly limit; None takes it away, and the vendor answers 404."""
        if cents is None:
            self.spend_limits.pop(project_id, None)
            return
        self.spend_limits[project_id] = {
            "object": _whose("spend_limit", project_id),
            "threshold_amount": cents,
            "currency": "USD",
            "interval": "month",
            "enforcement": {"status": "enforcing" if enforcing else "inactive"},
        }

    def add_spend_alert(self, cents: int, recipients: Iterable[str] = (), *, project_id: str | None = None) -> Row:
        row = {
            "id": f"alert_{self._token('alert')}",
            "object": _whose("spend_alert", project_id),
            "threshold_amount": cents,
            "currency": "USD",
            "interval": "month",
            "notification_channel": {"type": "email", "recipients": list(recipients), "subject_prefix": None},
        }
        self.spend_alerts.setdefault(project_id, Table()).put(row)
        return row

    def remove_spend_alert(self, alert_id: str, *, project_id: str | None = None) -> Row:
        return self.spend_alerts[project_id].remove(alert_id)

    def set_data_retention(self, kind: str, *, project_id: str | None = None) -> None:
        self.retention[project_id] = kind

    def set_tools(self, project_id: str, **enabled: bool) -> None:
        """Allow or forbid hosted tools, such as `web_search=False`."""
        told = {name: {"enabled": value} for name, value in enabled.items()}
        self.tools[project_id] = self.tools_of(project_id) | told

    def set_models(self, project_id: str, mode: str, models: Iterable[str]) -> None:
        """`mode` is `allow_list` or `deny_list`."""
        told = {"object": "project.model_permissions", "mode": mode, "model_ids": list(models)}
        self.models[project_id] = told

    def tools_of(self, project_id: str) -> Row:
        """As the vendor tells them; every tool is allowed until somebody says otherwise."""
        return self.tools.get(project_id, {name: {"enabled": True} for name in TOOLS})

    def models_of(self, project_id: str) -> Row:
        """As the vendor tells them; nothing is denied until somebody says otherwise."""
        none: Row = {"object": "project.model_permissions", "mode": "deny_list", "model_ids": []}
        return self.models.get(project_id, none)

    def retention_of(self, project_id: str | None) -> Row:
        kind = self.retention.get(project_id, "organization_default")
        return {"object": _whose("data_retention", project_id), "type": kind}

    def _seed_policies(self) -> None:
        """The organization has a limit, some projects have one too, and some forbid tools and models."""
        self.set_spend_limit(2_500_000)
        self.add_spend_alert(2_000_000, [f"finance@{self.domain}"])
        for project_id in self.projects.ids():
            lot = draw(project_id, "policy")
            if lot % 5 == 0:
                self.set_spend_limit(10_000 * (1 + lot % 37), project_id=project_id, enforcing=lot % 2 == 0)
            if lot % 7 == 0:
                for share in (50, 80):
                    self.add_spend_alert(share * (100 + lot % 900), [f"owner@{self.domain}"], project_id=project_id)
            if lot % 9 == 0:
                self.set_data_retention("zero_data_retention", project_id=project_id)
            if lot % 6 == 0:
                self.set_tools(project_id, web_search=False, mcp=False)
            if lot % 8 == 0:
                self.set_models(project_id, "allow_list", list(COMPLETIONS)[: 2 + lot % 4])


def rate_limit(number: int) -> Row:
    """The limit of the model `number`: those of the price list first, then their older versions."""
    names = list(COMPLETIONS)
    model = names[number % len(names)] if number < len(names) else f"{names[number % len(names)]}-v{number}"
    row: Row = {
        "object": "project.rate_limit",
        "id": f"rl-{model}",
        "model": model,
        "max_requests_per_1_minute": 500 * (1 + number % 20),
        "max_tokens_per_1_minute": 30_000 * (1 + number % 40),
    }
    if number % 3 == 0:
        row |= {"max_requests_per_1_day": 10_000, "batch_1_day_max_input_tokens": 90_000_000}
    if number % 7 == 0:
        row |= {"max_images_per_1_minute": 50, "max_audio_megabytes_per_1_minute": 100}
    return row


def _whose(what: str, project_id: str | None) -> str:
    return f"organization.{what}" if project_id is None else f"project.{what}"
