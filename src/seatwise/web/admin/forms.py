"""The forms of Settings. Bounds and words of a setting come from its declaration."""

from typing import Any, NamedTuple

from django import forms

from seatwise.services.rights import ROLES, Permission, at_most
from seatwise.services.settings import SettingInfo
from seatwise.web.forms import Form

DAYS = ((30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year"))


class Role(NamedTuple):
    """A role as a choice; `says` is what it allows, beyond the next weaker one."""

    name: str
    label: str
    says: str


def roles(limit: str = "owner") -> list[Role]:
    """The roles that give nothing `limit` does not, strongest first."""
    return [Role(name, name.capitalize(), _says(name)) for name in ROLES if at_most(name, limit)]


def _says(name: str) -> str:
    weaker = list(ROLES)[list(ROLES).index(name) + 1 :][:1]
    adds = ROLES[name] - ROLES[weaker[0]] if weaker else ROLES[name]
    allowed = "; ".join(p.value[:1].lower() + p.value[1:] for p in Permission if p in adds)
    return f"{f'All that {weaker[0]}s may, and: ' if weaker else 'May '}{allowed}."


class RoleForm(Form):
    """One role, of those that `limit` allows."""

    role = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, limit: str = "owner", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles(limit)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.name, role.label) for role in self.roles]


class InviteForm(RoleForm):
    email = forms.EmailField(
        label="E-mail", max_length=254, help_text="They sign in with it. No e-mail is sent: you pass the link on yourself.",
        widget=forms.EmailInput({"autocomplete": "off", "autofocus": True}),
    )  # fmt: skip


class TokenForm(RoleForm):
    name = forms.CharField(
        max_length=120, help_text="What will use it, such as “nightly report”. The audit log shows this name.",
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )  # fmt: skip
    days = forms.TypedChoiceField(label="Expires after", choices=DAYS, coerce=int, initial=90)


class SettingsForm(Form):
    """One field for each declared setting."""

    def __init__(self, settings: list[SettingInfo], *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {setting.name: setting.value for setting in settings})
        super().__init__(*args, **kwargs)
        for setting in settings:
            self.fields[setting.name] = _field(setting)


def _field(setting: SettingInfo) -> forms.Field:
    words = {"label": setting.label, "help_text": setting.help}
    if isinstance(setting.default, int):
        widget = forms.NumberInput({"class": "input w-32"})
        return forms.IntegerField(min_value=setting.minimum, max_value=setting.maximum, widget=widget, **words)
    return forms.CharField(required=False, max_length=200, widget=forms.TextInput({"class": "input"}), **words)
