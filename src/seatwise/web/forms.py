"""The base of all forms on screen: one look, errors read out with their field, secrets never sent back."""

from typing import Any

from django import forms

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "input"),
    (forms.CheckboxSelectMultiple, "input"),
    (forms.RadioSelect, "input"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.Widget, "input"),
)


class Form(forms.Form):
    """A plain Django form whose widgets carry the kit's classes."""

    error_css_class = "text-destructive"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        dress(self)

    def refuse(self, fields: dict[str, str], message: str = "") -> None:
        """Puts what a service refused beside the fields it named, and the rest above the form."""
        for name, text in fields.items():
            self.add_error(name if name in self.fields else None, text)
        if message and not fields:
            self.add_error(None, message)


def dress(form: forms.BaseForm) -> None:
    """Gives each widget of the form its class of the kit."""
    for field in form.fields.values():
        field.widget.attrs["class"] = next(name for kind, name in _CLASSES if isinstance(field.widget, kind))


class SecretInput(forms.PasswordInput):
    """A secret, typed or pasted: hidden, offered to no password keeper, and never rendered back."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        quiet = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "data-1p-ignore": "true"}
        super().__init__(attrs={**quiet, **(attrs or {})}, render_value=False)
