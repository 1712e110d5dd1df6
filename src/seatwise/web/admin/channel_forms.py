"""The forms of channels. A secret that is kept stays out of the page: left empty, it stays as it is."""

from typing import Any

from django import forms

from seatwise.services.alerts import KINDS
from seatwise.services.channels import ChannelInfo
from seatwise.web.forms import Form, SecretInput

HOURS = [("now", "At once"), *[(str(hour), f"Once a day, at {hour:02}:00 UTC") for hour in range(24)]]
KEPT = "Left empty, it stays as it is."


class ChannelForm(Form):
    name = forms.CharField(
        max_length=120, help_text="How you will recognize it, such as “#ai-costs”.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        required=False, choices=[(name, label) for name, (label, _) in KINDS.items()],
        widget=forms.CheckboxSelectMultiple, label="Alerts", initial=list(KINDS),
    )  # fmt: skip
    digest_hour = forms.TypedChoiceField(
        choices=HOURS,
        coerce=lambda said: None if said == "now" else int(said),
        label="When",
        help_text="A daily digest gathers them into one message.",
    )
    secrets: tuple[str, ...] = ()

    def __init__(self, *args: Any, kept: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.secrets if kept else ():
            self.fields[name].required = False
            self.fields[name].help_text = KEPT

    def given(self) -> dict[str, Any]:
        """As the service takes it; all kinds is none in particular."""
        data = dict(self.cleaned_data)
        own = {name: data.pop(name) for name in ("name", "kinds", "digest_hour")}
        kinds = own["kinds"] if set(own["kinds"]) != set(KINDS) else []
        return {**own, "kinds": kinds, "options": data}


class UrlForm(ChannelForm):
    url = forms.CharField(label="Address", max_length=2000, strip=True, widget=SecretInput())
    secrets = ("url",)
    field_order = ("name", "url", "kinds", "digest_hour")


class SlackForm(UrlForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["url"]
        field.label = "Webhook URL"
        field.help_text = field.help_text or "From Slack: an app with Incoming Webhooks, one URL for each channel."


class TeamsForm(UrlForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["url"]
        field.label = "Workflow URL"
        field.help_text = field.help_text or (
            "From Teams: Workflows, “Post to a channel when a webhook request is received”."
        )


class WebhookForm(UrlForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["url"]
        field.label = "Webhook URL"
        field.help_text = field.help_text or "Each message is signed with a secret that you get next."


class MailForm(ChannelForm):
    recipients = forms.CharField(
        max_length=5000, help_text="Addresses with commas between them.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    server = forms.CharField(
        required=False, max_length=300, label="Mail server",
        help_text="Such as smtp.example.com:587. Without one, that of SEATWISE_SMTP_URL.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    security = forms.ChoiceField(
        required=False, choices=[("starttls", "STARTTLS"), ("tls", "TLS"), ("none", "None")]
    )  # fmt: skip
    user = forms.CharField(
        required=False, max_length=300, label="User name", widget=forms.TextInput({"autocomplete": "off"})
    )
    password = forms.CharField(required=False, max_length=500, strip=False, widget=SecretInput())
    sender = forms.CharField(
        required=False, max_length=254, label="From", help_text="Without one, that of SEATWISE_MAIL_FROM.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    secrets = ("password",)
    field_order = ("name", "recipients", "server", "security", "user", "password", "sender", "kinds", "digest_hour")


FORMS: dict[str, type[ChannelForm]] = {
    "email": MailForm, "slack": SlackForm, "teams": TeamsForm, "webhook": WebhookForm,
}  # fmt: skip


class HostForm(Form):
    host = forms.CharField(
        max_length=255, help_text="As in the channel's address: a name, or an IP address.",
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "placeholder": "hooks.intra.example.com"}),
    )  # fmt: skip


def initial_of(channel: ChannelInfo) -> dict[str, Any]:
    return {
        **channel.options, "name": channel.name, "kinds": channel.kinds or list(KINDS),
        "digest_hour": "now" if channel.digest_hour is None else str(channel.digest_hour),
    }  # fmt: skip
