"""What a redirect of a handshake says: the other scheme, another path, another host, or a login in front of the application."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lib.whys.evidence.server_answer import Answer, Sent

REDIRECTS = (301, 302, 303, 307, 308)
_PROXY_LOGIN = re.compile(
    r"accounts\.google\.com/o/oauth2|\.cloudflareaccess\.com|/cdn-cgi/access/|"
    r"/oauth2/(?:start|sign_in)\b|/outpost\.goauthentik\.io/|"
    r"/\.pomerium/|/\.ory/self-service|\.awsapps\.com/|gcp_iap|/\.auth/login/",
    re.IGNORECASE,
)
"""Logins of proxies that stand before an application."""
_LOGIN = re.compile(
    r"/(?:log-?in|sign-?in|sso|auth(?:orize|n|enticate)?|oauth2?|saml2?|users/sign_in|"
    r"openid-connect)(?:/|\?|$)|[?&](?:next|redirect_uri|returnurl|return_to)=",
    re.IGNORECASE,
)


def of_location(answer: Answer, sent: Sent) -> tuple[str, ...]:
    """The causes that the Location of a redirect states or leaves, none where there is no redirect."""
    where = answer.headers.get("location", "")
    if answer.status not in REDIRECTS or not where:
        return ()
    if _PROXY_LOGIN.search(where):
        return ("edge-policy",)
    target, path = urlsplit(where), sent.path.partition("?")[0]
    if _LOGIN.search(where) and target.path != path:
        return ("edge-policy", "credential-carrier", "credential-absent")
    host = (target.hostname or sent.host).lower()
    secure = target.scheme in ("https", "wss") if target.scheme else sent.scheme == "wss"
    if host == sent.host.lower():
        if secure != (sent.scheme == "wss"):
            return ("wrong-scheme",) if secure else ("wrong-scheme", "forwarded-refused")
        return ("route-missing",) if target.path != path else ()
    return ("host-refused", "route-missing")  # a canonical name, or a service that has moved
