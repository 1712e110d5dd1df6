"""The list, one budget, and its dialogs; each dialog is a page of its own."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.budgets, name="budgets"),
    path("new/", views.new, name="budget_new"),
    path("<int:pk>/", views.budget, name="budget"),
    path("<int:pk>/edit/", views.edit, name="budget_edit"),
    path("<int:pk>/delete/", views.delete, name="budget_delete"),
]
