"""Forms of the way in: allauth's in our look, and the one behind a one-time link."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm
from django import forms
from django.contrib.auth import password_validation

from seatwise.web.forms import Form, dress


class SignIn(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        for name, label in (("login", "E-mail"), ("password", "Password")):
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs.update(autocomplete="username", autofocus=True)


class ChangePassword(ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        labels = {"oldpassword": "Current password", "password1": "New password", "password2": "New password again"}
        for name, field in self.fields.items():
            field.label = labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


def _new_password(label: str) -> forms.CharField:
    widget = forms.PasswordInput({"autocomplete": "new-password"}, render_value=False)
    return forms.CharField(label=label, widget=widget, max_length=200, strip=False)


class WelcomeForm(Form):
    """Set-up asks for the e-mail too; an invitation or a reset knows it. Whether the password will do is the service's
    word; here it is only typed twice."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput({"autocomplete": "username", "autofocus": True}))
    name = forms.CharField(
        label="Your name", max_length=120, required=False, widget=forms.TextInput({"autocomplete": "name"})
    )
    password = _new_password("Password")
    again = _new_password("Password again")

    def __init__(self, purpose: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if purpose != "setup":
            del self.fields["email"]
        if purpose == "reset":
            del self.fields["name"]
        self.fields["password"].help_text = " ".join(password_validation.password_validators_help_texts()[1:2])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", "The two passwords are not the same.")
        return given

    def answers(self) -> dict[str, str]:
        """What the service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "again"}
