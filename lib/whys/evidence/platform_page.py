"""Cloud Run's own pages: which of them bears out that nobody may invoke a service, and which that it is reached from inside.

Other platforms, and other parts of this one, answer in other words (docs/configuration.md lists them); none of these is taken
for one of Cloud Run's.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from lib.facts import Observation
from lib.whys.evidence.refusal import NOTHING, Evidence, Refusal, ids
from lib.whys.probes import NONE

_PAGES = {
    401: r"<h1>Error: Unauthorized</h1>\s*<h2>Your client does not have permission to (?:the requested|get) URL ",
    403: r"<h1>Error: Forbidden</h1>\s*<h2>Your client does not have permission to get URL ",
    404: r"<h1>Error: Page not found</h1>\s*<h2>The requested URL was not found on this server\.",
}
"""What the page of each status says. 401 and 403: no identity that may invoke; 404: ingress, or no service at this host."""


def platform_answered(refusal: Refusal, statuses: Collection[int]) -> Evidence:
    """The platform's page of these statuses answers with a credential and without; a page for the whole host, REST too."""
    bare, rest = refusal.probe(credential=NONE), refusal.log.rest("health")
    answers = [refusal.first, bare]
    if 404 in statuses and refusal.log.context.same_authority:
        answers.append(rest)
    told = all(seen is not None and seen.status in statuses and _is_platform_page(seen) for seen in answers)
    return ids(*answers) if told else NOTHING


def _is_platform_page(seen: Observation) -> bool:
    page = _PAGES.get(seen.status or 0)
    is_front = seen.headers.get("server", "").lower() == "google frontend"
    return is_front and page is not None and re.search(page, seen.body_excerpt or "", re.IGNORECASE) is not None
