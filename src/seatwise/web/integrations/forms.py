"""The Connect form, made from what the integration declares."""

from typing import Any

from django import forms

from seatwise.sdk.manifest import Manifest
from seatwise.web.connections.forms import secret
from seatwise.web.forms import Form


class ConnectForm(Form):
    """A name, then each declared value. Their shape is checked where everything else is, by the service, which has a
    sentence for each mistake; a browser's 'match the requested format' would come first and say less."""

    name = forms.CharField(
        max_length=120, help_text="How you will recognize it here, for example the company or the team.",
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "Acme", "autofocus": True}),
    )  # fmt: skip

    def __init__(self, manifest: Manifest, *args: Any, **kwargs: Any) -> None:
        self.manifest = manifest
        super().__init__(*args, **kwargs)
        for field in manifest.fields:
            plain = forms.TextInput({
                "placeholder": field.placeholder, "class": "input", "autocomplete": "off",
                "autocapitalize": "off", "spellcheck": "false",
            })  # fmt: skip
            self.fields[field.name] = (
                secret(field.label, field.help, field.placeholder)
                if field.secret
                else forms.CharField(label=field.label, help_text=field.help, max_length=500, widget=plain)
            )

    def credentials(self) -> dict[str, str]:
        return {field.name: self.cleaned_data[field.name] for field in self.manifest.fields}
