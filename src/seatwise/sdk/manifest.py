"""What a connector says about itself: plain data, cheap to import, the source of the tile, the form and the docs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One value the Connect form asks for. `pattern` is a regular expression the whole value matches."""

    name: str
    label: str
    help: str
    pattern: str
    placeholder: str = ""
    secret: bool = False


@dataclass(frozen=True)
class License:
    """A kind of seat the vendor sells; `rule` says in one sentence who holds it."""

    slug: str
    name: str
    rule: str


@dataclass(frozen=True)
class Manifest:
    slug: str
    name: str
    summary: str
    fields: tuple[Field, ...]
    account_field: str
    """The field that identifies the account at the vendor: one account is connected once."""
    licenses: tuple[License, ...] = ()
    several_accounts: bool = True
    owner_role: str = ""
    """The role of an organization whose holders own every project, though no list of its members names them."""
    how_to: str = ""
    """Name of the page that says how to connect it: `docs/how-to/<name>.md`, and `/help/<name>` in the product."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.secret)
