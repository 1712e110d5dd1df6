"""The data directory and the two kinds of key kept in it. Only standard library: settings read it before Django is up.

`secret_keys` (one key a line, newest first) seal vendor credentials; `django_secret` signs sessions. Both are made when
absent, private to the owner, and never shown.
"""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

KEY_BYTES = 32


def data_dir() -> Path:
    """SEATWISE_DATA_DIR, made if absent and closed to other users."""
    path = Path(os.environ.get("SEATWISE_DATA_DIR") or "data").resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_uid == os.geteuid() and path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def django_secret(directory: Path) -> str:
    return _kept(directory / "django_secret", lambda: secrets.token_urlsafe(48))


def secret_keys(directory: Path) -> list[bytes]:
    """The keys that seal credentials, newest first. Raises ValueError for one that is not 32 bytes in base64."""
    text = os.environ.get("SEATWISE_SECRET_KEYS") or _kept(directory / "secret_keys", new_key)
    return [parse_key(word) for word in text.replace(",", " ").split()]


def from_environment() -> bool:
    """Whether SEATWISE_SECRET_KEYS gives the keys: then rotating begins with putting a new one in front there."""
    return bool(os.environ.get("SEATWISE_SECRET_KEYS"))


def add_key(directory: Path) -> None:
    """Puts a fresh key in front of those kept."""
    path = directory / "secret_keys"
    _replace(path, new_key() + "\n" + _kept(path, new_key).strip() + "\n")


def drop_old_keys(directory: Path) -> None:
    """Keeps the newest key alone. Call once nothing is sealed with the others."""
    path = directory / "secret_keys"
    _replace(path, path.read_text().split()[0] + "\n")


def new_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def parse_key(text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text.encode())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("A key in SEATWISE_SECRET_KEYS is not 32 bytes in URL-safe base64.")
    return key


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make() + "\n")
        try:
            os.link(fresh, path)  # the first of several processes wins; nobody reads half a key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
