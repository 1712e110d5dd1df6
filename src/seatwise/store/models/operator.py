"""Who may sign in here, the links and tokens that let them in, and the settings of this install."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class Operators(BaseUserManager["Operator"]):
    def get_by_natural_key(self, username: str | None) -> "Operator":
        return self.get(email__iexact=username)


class Operator(AbstractBaseUser):
    """Somebody who signs in here. `role` is a name from `services.rights`."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True, default="")
    role = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Operators()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="operator_email_once")]


class OneTimeLink(models.Model):
    """A link that lets one person in once: `purpose` is setup, invite or reset. Only the hash of its token is kept."""

    purpose = models.CharField(max_length=10)
    token_hash = models.CharField(max_length=64, unique=True)
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiToken(models.Model):
    """A script's way in: acts with `role`, never more than its maker's. Shown once; only its hash is kept."""

    name = models.CharField(max_length=120)
    token_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=20)
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Setting(models.Model):
    """One setting of this install; its meaning, default and bounds stand in `services.settings`."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
