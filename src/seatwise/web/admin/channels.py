"""Channels: the ways by which alerts reach people, each with a test; the log of what went out; the hosts an owner
allows. A channel's secrets are typed once and never come back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from seatwise.services import channels as service
from seatwise.services import delivery_log
from seatwise.services.alerts import KINDS
from seatwise.services.channels import ChannelInfo
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.rights import Actor, Permission, require
from seatwise.web import addresses
from seatwise.web.shell import go, screen, wants_fragment

from .channel_forms import FORMS, HostForm, initial_of

form_methods = require_http_methods(("GET", "HEAD", "POST"))


def _state(channel: ChannelInfo) -> str:
    if not channel.enabled:
        return "off"
    return "failing" if channel.problem else "on" if channel.delivered_at else "untried"


@require_safe
@screen
def channels(request: HttpRequest, operator: Actor) -> HttpResponse:
    state = addresses.one_of(request.GET, "state", delivery_log.STATES)
    log = delivery_log.list_deliveries(operator, state=state, cursor=request.GET.get("cursor", ""))
    context = {"log": log, "state": state, "states": list(delivery_log.STATES.items())}
    if wants_fragment(request, "deliveries"):
        return render(request, "admin/deliveries.html", context)
    rows = [(each, _state(each), [KINDS[kind][0] for kind in each.kinds]) for each in service.list_channels(operator)]
    return render(
        request, "admin/channels.html",
        {**context, "rows": rows, "ways": service.WAYS, "hosts": service.list_allowed_hosts(operator)},
    )  # fmt: skip


@sensitive_variables("form")
@sensitive_post_parameters()
@form_methods
@screen
def new(request: HttpRequest, operator: Actor, name: str) -> HttpResponse:
    require(operator, Permission.MANAGE_ALERTS)
    if name not in FORMS:
        raise NotFound("There is no such way.")
    form = FORMS[name](request.POST or None)
    shown = {"form": form, "kind": name, "way": service.WAYS[name]}
    if request.method == "POST" and form.is_valid():
        try:
            channel, secret = service.create_channel(operator, kind=name, **form.given())
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            if secret:
                return render(request, "admin/channel_secret.html", {"channel": channel, "secret": secret})
            messages.success(request, f"“{channel.name}” is set. Send a test to see it arrive.")
            return go(request, "channels")
    return render(request, "admin/channel_form.html", shown)


@sensitive_variables("form", "secret")
@sensitive_post_parameters()
@form_methods
@screen
def edit(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    channel = service.get_channel(operator, id=pk)
    form = FORMS[channel.kind](request.POST or None, initial=initial_of(channel), kept=True)
    shown = {"form": form, "kind": channel.kind, "way": service.WAYS[channel.kind], "channel": channel}
    if request.method == "POST" and form.is_valid():
        try:
            changed, secret = service.change_channel(operator, id=pk, **form.given())
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            if secret:
                return render(request, "admin/channel_secret.html", {"channel": changed, "secret": secret})
            messages.success(request, "Saved.")
            return go(request, "channels")
    return render(request, "admin/channel_form.html", shown)


@require_POST
@screen
def switch(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    channel = service.get_channel(operator, id=pk)
    service.change_channel(operator, id=pk, digest_hour=channel.digest_hour, enabled=not channel.enabled)
    messages.success(request, f"“{channel.name}” is {'off' if channel.enabled else 'on'}.")
    return go(request, "channels")


@require_POST
@screen
def test(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    """Sends a test and says how it went."""
    tried = delivery_log.try_channel(operator, id=pk)
    if tried.state == "delivered":
        messages.success(request, f"The test was taken by “{tried.channel}”. Look whether it arrived.")
    else:
        messages.error(request, f"The test by “{tried.channel}” did not arrive. {tried.reason}")
    return go(request, "channels")


@sensitive_variables("secret")
@form_methods
@screen
def renew(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    channel = service.get_channel(operator, id=pk)
    if request.method == "POST":
        secret = service.renew_signing_secret(operator, id=pk)
        return render(request, "admin/channel_secret.html", {"channel": channel, "secret": secret})
    return render(request, "admin/channel_renew.html", {"channel": channel})


@form_methods
@screen
def delete(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    channel = service.get_channel(operator, id=pk)
    if request.method == "POST":
        service.delete_channel(operator, id=pk)
        messages.success(request, f"“{channel.name}” is deleted.")
        return go(request, "channels")
    return render(request, "admin/channel_delete.html", {"channel": channel})


@require_POST
@screen
def again(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    sent = delivery_log.send_again(operator, id=pk)
    messages.success(request, f"It is sent by “{sent.channel}” again.")
    return go(request, "channels")


@form_methods
@screen
def allow(request: HttpRequest, operator: Actor) -> HttpResponse:
    require(operator, Permission.MANAGE_OPERATORS)
    form = HostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            service.allow_host(operator, host=form.cleaned_data["host"])
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            messages.success(request, f"Alerts may be sent to {form.cleaned_data['host']}.")
            return go(request, "channels")
    return render(request, "admin/host_allow.html", {"form": form})


@require_POST
@screen
def forbid(request: HttpRequest, operator: Actor) -> HttpResponse:
    host = request.POST.get("host", "")
    service.forbid_host(operator, host=host)
    messages.success(request, f"{host} is only reached where its address is public.")
    return go(request, "channels")
