"""The URLs that a caller gives: where a browser is sent, and where events are."""

from urllib.parse import urlsplit

from stripe_sandbox.protocol.errors import invalid

_WEB = {"http", "https"}
_NO_APP = {"", "about", "blob", "data", "file", "javascript", "vbscript"}


def check_url(url: str, param: str, *, may_open_app: bool = False) -> None:
    """Raise the 400 for what is no whole web address; `may_open_app` lets `shop-app://…` pass."""
    scheme = _scheme(url)
    if scheme not in _WEB and not (may_open_app and scheme not in _NO_APP):
        raise invalid("Not a valid URL", param, "url_invalid")


def _scheme(url: str) -> str:
    """Return the scheme of a URL that has a host, and a port only if it is one; else nothing."""
    try:
        parts = urlsplit(url)
        is_whole = parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return parts.scheme if is_whole else ""
