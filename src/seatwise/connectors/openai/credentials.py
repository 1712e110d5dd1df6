"""What the two credentials look like, and what people paste in their place. Nothing here calls OpenAI."""

import re
from collections.abc import Mapping

KEY = r"sk-admin-[A-Za-z0-9_-]{20,200}"
ORGANIZATION = r"org-[A-Za-z0-9_-]{1,100}"

_CREATE = "An owner creates one at platform.openai.com → Settings → Organization → Admin keys."
_OTHER_KEYS = {
    "sk-proj-": f"This is a project's API key. An Admin Key is needed; it begins with sk-admin-. {_CREATE}",
    "sk-svcacct-": f"This is a service account's key. An Admin Key is needed; it begins with sk-admin-. {_CREATE}",
    "sk-": f"This is a user's API key. An Admin Key is needed; it begins with sk-admin-. {_CREATE}",
    "org-": "This is an Organization ID. The Admin Key goes here; it begins with sk-admin-.",
}
_FIND = "It begins with org- and stands at platform.openai.com → Settings → Organization → General."
_OTHER_IDS = (
    (r"sk-.*", "This is a key. The Organization ID goes here. " + _FIND),
    (r"proj_.*", "This is the ID of a project. The organization's is needed. " + _FIND),
    (r"user-.*", "This is the ID of a user. The organization's is needed. " + _FIND),
    (r"\S+@\S+", "This is an e-mail address. The Organization ID is needed. " + _FIND),
    (r"https?://.*", "This is an address. The Organization ID is needed. " + _FIND),
)


def stripped(credentials: Mapping[str, str]) -> tuple[str, str]:
    """The Admin Key and the Organization ID, without the blanks and line ends that come along when pasted."""
    return credentials.get("admin_key", "").strip(), credentials.get("organization_id", "").strip()


def refuse(credentials: Mapping[str, str]) -> dict[str, str]:
    """A sentence for each field that cannot be right, by the field's name. It never repeats what was entered."""
    key, organization = stripped(credentials)
    sentences = {"organization_id": _wrong_organization(organization), "admin_key": _wrong_key(key)}
    return {field: sentence for field, sentence in sentences.items() if sentence}


def _wrong_key(key: str) -> str:
    if re.fullmatch(KEY, key):
        return ""
    if not key:
        return f"Enter the Admin Key. {_CREATE}"
    if re.search(r"\s", key):
        return "There is a blank or a line break in this key. Copy it again, as one piece."
    if not key.isascii():
        shortened = "…" in key or "•" in key
        return _SHORTENED if shortened else "There are letters in this key that no key has. Copy it again from OpenAI."
    if "..." in key or "**" in key:
        return _SHORTENED
    for prefix, sentence in _OTHER_KEYS.items():
        if key.startswith(prefix) and not key.startswith("sk-admin-"):
            return sentence
    if key.startswith("sk-admin-"):
        return "This key is not whole: too short, too long, or with a sign no key has. Copy it again from OpenAI."
    return f"This is not an Admin Key: those begin with sk-admin-. {_CREATE}"


_SHORTENED = f"This is the shortened form that lists show. The whole key is only shown when it is created. {_CREATE}"


def _wrong_organization(organization: str) -> str:
    if re.fullmatch(ORGANIZATION, organization):
        return ""
    if not organization:
        return f"Enter the Organization ID. {_FIND}"
    for pattern, sentence in _OTHER_IDS:
        if re.fullmatch(pattern, organization):
            return sentence
    if organization.startswith("org-"):
        return "This Organization ID has a sign in it that none has. Copy it again. " + _FIND
    return "This looks like a name. The Organization ID is needed. " + _FIND
