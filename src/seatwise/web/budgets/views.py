"""The pages of budgets: what the service knows, drawn; what is typed, handed to it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from seatwise.services import budgets as service
from seatwise.services.alerts import list_alerts
from seatwise.services.budget_subjects import suggest_subjects
from seatwise.services.connections import list_connections
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.rights import Actor, Permission, require
from seatwise.web.shell import go, screen

from .forms import EditForm, NewForm, initial_of
from .rows import show, shown

form_methods = require_http_methods(("GET", "HEAD", "POST"))


@require_safe
@screen
def budgets(request: HttpRequest, operator: Actor) -> HttpResponse:
    found = service.list_budgets(operator)
    connected = bool(list_connections(operator))
    return render(request, "budgets/page.html", {"rows": shown(found), "connected": connected})


@require_safe
@screen
def budget(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    info = service.get_budget(operator, id=pk)
    alerts = list_alerts(operator, budget=pk, limit=20).items
    return render(request, "budgets/budget.html", {"row": show(info), "budget": info, "alerts": alerts})


@form_methods
@screen
def new(request: HttpRequest, operator: Actor) -> HttpResponse:
    require(operator, Permission.MANAGE_ALERTS)
    names = [each.name for each in list_connections(operator)]
    asked = {name: request.GET.get(name, "") for name in ("scope", "connection", "subject")}
    initial = {"actual": "50, 80, 100", "forecast": "100", **{name: said for name, said in asked.items() if said}}
    form = NewForm(names, service.spent_currencies(operator), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = service.create_budget(operator, **form.given())
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            messages.success(request, f"The budget “{made.name}” is set.")
            return go(request, "budgets")
    return render(request, "budgets/new.html", {"form": form, "subjects": suggest_subjects(operator)})


@form_methods
@screen
def edit(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    require(operator, Permission.MANAGE_ALERTS)
    info = service.get_budget(operator, id=pk)
    currencies = sorted({*service.spent_currencies(operator), info.currency})
    form = EditForm(currencies, request.POST or None, initial=initial_of(info))
    if request.method == "POST" and form.is_valid():
        try:
            service.change_budget(operator, id=pk, **form.given())
        except (NotAllowed, NotFound):
            raise
        except Refusal as refusal:
            form.refuse(refusal.fields, refusal.message)
        else:
            messages.success(request, "Saved.")
            return go(request, "budget", pk)
    return render(request, "budgets/edit.html", {"form": form, "row": show(info), "budget": info})


@form_methods
@screen
def delete(request: HttpRequest, operator: Actor, pk: int) -> HttpResponse:
    require(operator, Permission.MANAGE_ALERTS)
    info = service.get_budget(operator, id=pk)
    if request.method == "POST":
        service.delete_budget(operator, id=pk)
        messages.success(request, f"The budget “{info.name}” is deleted.")
        return go(request, "budgets")
    return render(request, "budgets/delete.html", {"budget": info, "row": show(info)})
