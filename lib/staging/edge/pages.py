"""What the edge itself answers with, in the form of the proxies that answer so, and what its log entries are about."""

from __future__ import annotations

from ..logging.journal import PROJECT

LOAD_BALANCER = {
    "type": "http_load_balancer",
    "labels": {
        "project_id": PROJECT,
        "forwarding_rule_name": "staging-https",
        "url_map_name": "staging-lb",
        "backend_service_name": "netra-backend-neg",
        "zone": "global",
    },
}
DENIED = b"""<!doctype html><meta charset="utf-8"><title>403 Forbidden</title>
<h1>Error: Forbidden</h1><h2>Your client does not have permission to get this URL from this server.</h2>
"""
HTML = ("Content-Type", "text/html; charset=utf-8")


def page(title: str, sentence: str = "") -> bytes:
    """A plain page of a proxy: the title, and a sentence where it says one."""
    said = f"<center>{sentence}</center>\n" if sentence else ""
    head = f"<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n"
    return f"{head}{said}<hr><center>edge</center>\n</body>\n</html>\n".encode()


PLAIN_ON_TLS = page("400 The plain HTTP request was sent to HTTPS port", "The plain HTTP request was sent to HTTPS port")
NO_CERTIFICATE = page("400 No required SSL certificate was sent", "No required SSL certificate was sent")
TOO_LARGE = {
    400: page("400 Request Header Or Cookie Too Large", "Request Header Or Cookie Too Large"),
    414: page("414 Request-URI Too Large"),
    431: page("431 Request Header Fields Too Large"),
}
NOT_ENABLED = {
    200: b"<!doctype html><html><head><title>Netra</title></head><body><div id=root></div></body></html>\n",
    403: page("403 Forbidden"),
    426: page("426 Upgrade Required"),
    501: page("501 Not Implemented"),
    502: page("502 Bad Gateway"),
}
"""How edges in which upgrades are not enabled answer them: as a plain page, a refusal, or a failure behind them."""
SUBREQUEST_FAILED = page("500 Internal Server Error")
