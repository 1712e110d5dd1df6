"""The forms about one connection."""

from typing import Any

from django import forms

from seatwise.sdk.manifest import Manifest
from seatwise.web.forms import Form, SecretInput


class SettingsForm(Form):
    name = forms.CharField(max_length=120, help_text="How this connection is called here; the vendor never sees it.")
    sync_every = forms.IntegerField(label="Sync every (minutes)", help_text="At least 5. 60 is hourly, 1440 daily.")


class ReconnectForm(Form):
    """Asks for the secret fields alone: the organization stays the same."""

    def __init__(self, manifest: Manifest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in manifest.fields:
            if field.secret:
                self.fields[field.name] = secret(field.label, field.help, field.placeholder)


def secret(label: str, help_text: str, placeholder: str) -> forms.CharField:
    """The field of a secret; its value is never rendered back."""
    widget = SecretInput({"placeholder": placeholder, "class": "input"})
    return forms.CharField(label=label, help_text=help_text, max_length=500, widget=widget)


class DisconnectForm(Form):
    """Confirmed by typing the connection's name."""

    confirm = forms.CharField(
        label="Type the connection's name to confirm", max_length=120, widget=forms.TextInput({"autocomplete": "off"})
    )
    erase = forms.BooleanField(required=False)

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["confirm"].help_text = name

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != self.name.strip():
            raise forms.ValidationError("This is not the name of the connection.")
        return typed
