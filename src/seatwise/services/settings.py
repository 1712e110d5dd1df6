"""Settings of this install: declared once, with their words, defaults and bounds."""

from collections.abc import Mapping
from typing import Any

import msgspec

from seatwise.sdk.outbound import host_of
from seatwise.store.models import Setting
from seatwise.sync.schedule import BRAKE, HISTORY, IDLE, RESTATED

from .audit import operation
from .errors import Refusal
from .rights import Actor, Permission, require
from .texts import plain, plain_json

LONGEST = 200


class SettingInfo(msgspec.Struct, frozen=True):
    """One setting with its present value; a number has bounds."""

    name: str
    label: str
    help: str
    default: int | str
    minimum: int | None = None
    maximum: int | None = None
    value: int | str = ""


DECLARED = (
    SettingInfo(
        "idle_days",
        "Idle after (days)",
        "A license counts as idle when the last known use by its holder, from any source, is older than this.",
        default=IDLE,
        minimum=1,
        maximum=3650,
    ),
    SettingInfo(
        "departures_brake",
        "Departures brake (percent)",
        "When more than this part of a list of at least 20 would depart in one sync, nobody does until an operator "
        "confirms.",
        default=BRAKE,
        minimum=1,
        maximum=100,
    ),
    SettingInfo(
        "history_days",
        "History (days)",
        "How far back usage, costs and audit events are read the first time. A longer history is filled in by "
        "the next syncs.",
        default=HISTORY,
        minimum=1,
        maximum=HISTORY,
    ),
    SettingInfo(
        "restated_days",
        "Read again (days)",
        "Vendors change past days of usage and costs: so many are read again with every sync. A month is read once "
        "more when they have passed its end.",
        default=RESTATED,
        minimum=1,
        maximum=31,
    ),
    SettingInfo(
        "anomaly_factor",
        "Unusual spend: factor",
        "A day is unusual when it costs more than the median of the 28 days before it plus this many times their "
        "median deviation. A higher factor tells less.",
        default=6,
        minimum=1,
        maximum=100,
    ),
    SettingInfo(
        "anomaly_minimum",
        "Unusual spend: minimum",
        "And at least so much more than that median, in whole units of the currency.",
        default=25,
        minimum=1,
        maximum=1_000_000,
    ),
    SettingInfo(
        "anomaly_wait",
        "Unusual spend: days to settle",
        "Vendors add to a day after its end. So many days after it, it is compared for the first time.",
        default=2,
        minimum=0,
        maximum=7,
    ),
    SettingInfo(
        "public_address",
        "Address of this Seatwise",
        "Where people reach it, such as https://seatwise.example.com: links in alerts begin with it. Without it, "
        "alerts have no links.",
        default="",
    ),
    SettingInfo(
        "support_address",
        "Support address",
        "Where people here get help with Seatwise: an e-mail address or a link. Shown on the help pages.",
        default="",
    ),
)


def get_settings(operator: Actor) -> list[SettingInfo]:
    """All settings with their values."""
    require(operator, Permission.MANAGE_SETTINGS)
    return [msgspec.structs.replace(setting, value=_value(setting)) for setting in DECLARED]


def change_settings(operator: Actor, *, values: Mapping[str, Any]) -> list[SettingInfo]:
    """Sets those named in `values`. Raises Refusal with `fields` where a value is out of bounds."""
    with operation(operator, Permission.MANAGE_SETTINGS, "change_settings", "settings") as entry:
        declared = {setting.name: setting for setting in DECLARED}
        wrong = {plain(name): said for name, value in values.items() if (said := _wrong(declared.get(name), value))}
        if wrong:
            raise Refusal("Nothing was saved. " + " ".join(wrong.values()), fields=wrong)
        for name, value in plain_json(dict(values)).items():
            before = _value(declared[name])
            if value != before:
                entry.detail[name] = {"before": before, "after": value}
                Setting.objects.update_or_create(name=name, defaults={"value": value})
    return get_settings(operator)


def support_address(operator: Actor) -> str:
    """Where people here get help; empty where nobody set it."""
    require(operator, Permission.SEE_CONNECTIONS)
    return str(value_of("support_address"))


def value_of(name: str) -> int | str:
    """The present value of a setting, for the services that follow it."""
    return _value(next(setting for setting in DECLARED if setting.name == name))


def _value(setting: SettingInfo) -> int | str:
    kept = Setting.objects.filter(name=setting.name).values_list("value", flat=True).first()
    return setting.default if kept is None else kept


def _wrong(setting: SettingInfo | None, value: Any) -> str:
    if setting is None:
        return "There is no such setting."
    if isinstance(setting.default, str):
        if not isinstance(value, str) or len(value) > LONGEST:
            return f"{setting.label} takes a text of {LONGEST} characters at most."
        return _wrong_address(setting, value) if setting.name == "public_address" and value else ""
    low, high = setting.minimum or 0, setting.maximum or 0
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return f"{setting.label} takes a whole number from {low} to {high}."


def _wrong_address(setting: SettingInfo, value: str) -> str:
    """Links are made by writing a path behind it."""
    try:
        host_of(value)
    except ValueError as error:
        return f"{setting.label}: {error}"
    return f"{setting.label} ends before any ? or #." if set("?#") & set(value) else ""
