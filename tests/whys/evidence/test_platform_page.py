"""Which of Cloud Run's pages bears out which rule, and whose pages bear out none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lib.facts import Observation, Prediction
from lib.whys.probes import Probe
from tests.whys.world import BEGAN, World, context, diagnosed

GOOGLE = "Google Frontend"
UNAUTHORIZED = (
    "<h1>Error: Unauthorized</h1>\n<h2>Your client does not have permission to the requested URL <code>/ws</code>.</h2>"
)
NOT_FOUND = "<h1>Error: Page not found</h1>\n<h2>The requested URL was not found on this server.</h2>"
INVOKER, INGRESS = (401, 403), (404,)

OTHERS = {
    "App Engine without a handler": (
        404, GOOGLE, "<h1>Error: Not Found</h1>\n<h2>The requested URL <code>/ws</code> was not found on this server.</h2>"),
    "App Engine that fails": (500, GOOGLE, "<h1>Error: Server Error</h1>\n<h2>The server encountered an error</h2>"),
    "Google's load balancer without a backend": (404, GOOGLE, "response 404 (backend NotFound), service rules for the path"),
    "Cloud Armor": (403, "", '<!doctype html><meta charset="utf-8"><title>403</title>403 Forbidden'),
    "Cloud Endpoints": (403, GOOGLE, '{"code":403,"message":"PERMISSION_DENIED:API key not valid."}'),
    "AWS load balancer": (403, "awselb/2.0", "<html><body><center><h1>403 Forbidden</h1></center></body></html>"),
    "AWS API Gateway": (403, "", '{"message":"Missing Authentication Token"}'),
    "Cloudflare": (403, "cloudflare", "<h1>Error: Forbidden</h1>"),
    "Azure App Service": (403, "", "<h1>Error 403 - Forbidden</h1><p>The web app you have attempted to reach has blocked you."),
    "Azure's own login": (401, "", "You do not have permission to view this directory or page."),
    "Azure Application Gateway": (403, "Microsoft-Azure-Application-Gateway/v2", "<center><h1>403 Forbidden</h1></center>"),
    "an application behind the front end": (404, GOOGLE, '{"detail":"Not Found"}'),
    "the page in an application's words": (404, "uvicorn", NOT_FOUND),
}  # fmt: skip
"""Other pages as they are answered: status, Server, body."""


class Answering(World):
    """Answers every request with one page, those without a credential and REST with another where one is given."""

    def __init__(self, page: tuple[int, str, str], *, bare: Any = None, rest: Any = None):
        super().__init__([])
        self._pages = page, bare or page, rest or page

    def _refusal(self, factors: Mapping[str, Any]) -> str:
        return "always"

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        seen = super().answer(ask, apart_s)
        always, bare, rest = self._pages
        status, server, body = rest if ask.request == "health" else bare if ask.factors.get("credential") == "none" else always
        return replace(seen, status=status, headers={"server": server}, body_excerpt=body)


def named(world: World, *statuses: int, **more: Any) -> set[str]:
    says = Prediction(
        kind="config",
        source="run.yaml",
        place="run.yaml:4",
        words="w",
        speaks_for=("edge-policy",),
        answered_with=statuses,
        **more,
    )
    return {cause.id for cause in diagnosed(world, context(), [says]).causes}


@pytest.mark.parametrize(
    ("page", "statuses", "is_borne_out"),
    [
        ((401, GOOGLE, UNAUTHORIZED), INVOKER, True),
        ((401, GOOGLE, UNAUTHORIZED), INGRESS, False),
        ((404, GOOGLE, NOT_FOUND), INGRESS, True),
        ((404, GOOGLE, NOT_FOUND), INVOKER, False),
        ((404, GOOGLE, NOT_FOUND), (), False),
    ],
)
def test_each_page_bears_out_its_own_rule(page: tuple[int, str, str], statuses: tuple[int, ...], is_borne_out: bool) -> None:
    """401 speaks of who may invoke, 404 of ingress; neither of the other, nor of an identity proxy."""
    assert named(Answering(page), *statuses) == ({"edge-policy"} if is_borne_out else set())


@pytest.mark.parametrize("whose", OTHERS)
def test_pages_of_others_bear_out_nothing(whose: str) -> None:
    """What another platform, another part of this one or the application answers is no word of Cloud Run's."""
    assert named(Answering(OTHERS[whose]), *INVOKER, *INGRESS) == set()


def test_a_page_that_is_not_there_without_a_credential_or_over_rest() -> None:
    """Who answers otherwise without a credential, or serves REST at the very host, refuses by something else."""
    assert named(Answering((401, GOOGLE, UNAUTHORIZED), bare=(400, "uvicorn", "{}")), *INVOKER) == set()
    assert named(Answering((404, GOOGLE, NOT_FOUND), rest=(200, "uvicorn", "{}")), *INGRESS) == set()


def test_an_old_export_is_borne_out_by_no_page() -> None:
    """What was exported days ago leads, whatever answers."""
    at = BEGAN - timedelta(days=9)
    assert named(Answering((404, GOOGLE, NOT_FOUND)), *INGRESS, as_of=at) == set()
