"""The form of a budget. Thresholds are typed as percents with commas between them."""

from collections.abc import Sequence
from typing import Any

from django import forms

from seatwise.services.budgets import SCOPES, BudgetInfo
from seatwise.web.forms import Form

PERCENTS = forms.TextInput({"autocomplete": "off", "inputmode": "numeric", "placeholder": "50, 80, 100"})


class EditForm(Form):
    name = forms.CharField(max_length=120, widget=forms.TextInput({"autocomplete": "off"}))
    amount = forms.CharField(
        max_length=20, label="Amount a month",
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "decimal", "placeholder": "500"}),
    )  # fmt: skip
    currency = forms.ChoiceField()
    actual = forms.CharField(
        required=False, max_length=120, label="Tell when so much is spent (percent)", widget=PERCENTS,
    )  # fmt: skip
    forecast = forms.CharField(
        required=False, max_length=120, label="Tell when the forecast comes to (percent)", widget=PERCENTS,
        help_text="Each is told once a month, by the channels in Settings. Months are those of UTC.",
    )  # fmt: skip

    def __init__(self, currencies: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name.upper()) for name in currencies]

    def clean_actual(self) -> list[tuple[int, str]]:
        return self._percents("actual")

    def clean_forecast(self) -> list[tuple[int, str]]:
        return self._percents("forecast")

    def _percents(self, basis: str) -> list[tuple[int, str]]:
        words = self.cleaned_data[basis].replace("%", " ").replace(",", " ").split()
        if not all(word.isascii() and word.isdigit() and len(word) < 5 for word in words):
            raise forms.ValidationError("Whole percents with commas between them, such as 50, 80, 100.")
        return [(int(word), basis) for word in words]

    def given(self) -> dict[str, Any]:
        """As the service takes it."""
        data = dict(self.cleaned_data)
        return data | {"thresholds": data.pop("actual") + data.pop("forecast")}

    def refuse(self, fields: dict[str, str], message: str = "") -> None:
        """Thresholds are two fields here."""
        named = {("actual" if name == "thresholds" else name): text for name, text in fields.items()}
        super().refuse(named, message)


class NewForm(EditForm):
    scope = forms.ChoiceField(choices=list(SCOPES.items()), label="For")
    connection = forms.ChoiceField(required=False)
    subject = forms.CharField(
        required=False, max_length=300, label="Which one",
        help_text="A project's name, a person's e-mail, a key's name, a model; or its ID. Not for all of a connection.",
        widget=forms.TextInput({"autocomplete": "off", "list": "subjects"}),
    )  # fmt: skip
    field_order = ("name", "scope", "connection", "subject", "amount", "currency", "actual", "forecast")

    def __init__(self, connections: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["connection"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "All connections"), *[(name, name) for name in connections]]


def initial_of(budget: BudgetInfo) -> dict[str, Any]:
    def listed(basis: str) -> str:
        return ", ".join(str(each.percent) for each in budget.thresholds if each.basis == basis)

    plain = {"name": budget.name, "amount": budget.amount, "currency": budget.currency}
    return {**plain, "actual": listed("actual"), "forecast": listed("forecast")}
