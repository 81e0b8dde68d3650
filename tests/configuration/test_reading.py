"""Formats recognised by what is in them, and what is left unread."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lib.configuration.reading import read_path
from tests.configuration.readers.test_contour import proxy
from tests.configuration.readers.test_envoy import envoy
from tests.configuration.readers.test_istio import istio
from tests.configuration.readers.test_kubernetes import ROUTE, ingress
from tests.configuration.readers.test_traefik import resources, traefik
from tests.configuration.samples import CANARY, found, knative, nginx, read


def test_by_content(tmp_path: Path) -> None:
    """Names of files say nothing: nginx in a .txt and a service in a file without an ending are read, the rest is counted."""
    (tmp_path / "a.txt").write_text(nginx())
    (tmp_path / "service").write_text(knative())
    (tmp_path / "notes.md").write_text("# Notes\n\nTo do: [x\n")
    (tmp_path / "crd.yaml").write_text("apiVersion: v1\nkind: LimitRange\n")
    whole = read_path(tmp_path, where="path")
    assert {source.name: source.format for source in whole.sources} == {"a.txt": "nginx", "service": "cloud-run"}
    assert all(source.changed for source in whole.sources)
    assert {one.what for one in whole.unread} == {"a file of no known format", "a resource of kind LimitRange"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("frontend edge\n    bind :80\n    default_backend app\n", "HAProxy"),
        ('resource "google_cloud_run_v2_service" "ws" {\n  ingress = "INGRESS_TRAFFIC_ALL"\n}\n', "Terraform"),
        ("<VirtualHost *:80>\n  ProxyPass /ws ws://app:8000/ws\n</VirtualHost>\n", "Apache"),
        ("api.example {\n\treverse_proxy app:8000\n}\n", "Caddy"),
    ],
)
def test_a_format_that_is_not_read_is_named(text: str, named: str) -> None:
    """What people keep such configuration in and what is not read here is never nothing found."""
    assert [one.what for one in read(edge=text).unread] == [f"a file of {named}, which is not read"]


def test_included_files() -> None:
    """A file that another includes is read where it is included, and not once more; one that is missing is counted."""
    main = "http { include /etc/nginx/conf.d/*.conf; include missing.conf; include mime.types; }"
    whole = read(**{"nginx__conf": main, "conf.d/ws__conf": nginx()})
    assert len([route for route in whole.routes if route.path == "/ws"]) == 1
    assert [(one.what, one.count) for one in whole.unread] == [("nginx: an included file that is not there", 1)]


ROOT = "http {\n include /etc/nginx/conf.d/*.conf;\n server { listen 80; location /SELF { proxy_pass http://b; } }\n}\n"
PART = "server { listen 80; location /PART { proxy_pass http://b; } }"


@pytest.mark.parametrize(
    ("texts", "paths"),
    [
        ({"a__conf": ROOT.replace("SELF", "a"), "b__conf": ROOT.replace("SELF", "b")}, {"/a", "/b"}),
        ({"a__conf": ROOT, "b__conf": PART}, {"/SELF", "/PART"}),
        ({"a__conf": f"include b.conf;\n{PART}", "b__conf": f"include a.conf;\n{PART.replace('PART', 'b')}"}, {"/PART", "/b"}),
        ({"a__conf": ROOT.replace(" include", " # server { include b.conf; }\n #"), "b__conf": PART}, {"/SELF", "/PART"}),
        ({"a__conf": ROOT.replace("include /etc/nginx/conf.d/*.conf", "set $x 'include b.conf;'"), "b__conf": PART}, {"/PART"}),
        ({"a__conf": f"include a.conf;\n{PART}"}, {"/PART"}),
    ],
    ids=["two roots", "root and part", "circle", "commented", "quoted", "itself"],
)
def test_every_file_of_nginx_is_read(texts: dict[str, str], paths: set[str]) -> None:
    """Whatever includes what, or says so in a comment alone: the routes of each file are there."""
    assert paths <= {route.path for route in read(**texts).routes}


def test_the_files_below_a_root_are_its_own() -> None:
    """Of two whole configurations with folders of the same name each takes the files that stand below it."""
    texts = {f"{name}/nginx__conf": ROOT.replace("SELF", name) for name in ("staging", "production")}
    texts |= {f"{name}/conf.d/a__conf": PART.replace("PART", f"of-{name}") for name in ("staging", "production")}
    assert sorted(route.path for route in read(**texts).routes if "of-" in route.path) == ["/of-production", "/of-staging"]


@pytest.mark.parametrize(
    ("texts", "unread"),
    [
        ({"a__conf": "map $http_origin $bad { default 1; include origins.map; }", "origins__map": "https://a.example 0;\n"}, []),
        (
            {"a__conf": "map $http_origin $bad { default 1; include origins.map; }"},
            ["nginx: an included file that is not there"],
        ),
        ({"a__conf": "server { include parts/*; }", "parts/x__env": "A=1\nB=2\n"}, ["nginx: an included file that is not there"]),
    ],
    ids=["there", "missing", "no part"],
)
def test_what_is_no_server_but_included(texts: dict[str, str], unread: list[str]) -> None:
    """The lines of a map in a file of their own are read with it; what another format has is no part of nginx."""
    whole = read(**texts)
    assert [one.what for one in whole.unread] == unread
    assert {source.name for source in whole.sources} >= {name.replace("__", ".") for name in texts}


def test_a_policy_and_its_service() -> None:
    """An IAM policy is the only service's, or the one's that its file is named after; else it is counted."""
    policy = '{"bindings": [{"members": ["allUsers"], "role": "roles/run.invoker"}], "etag": "x", "version": 1}'
    assert [one.invoker for one in read(a__yaml=knative(), p__json=policy).services] == ["all"]
    two = {"a__yaml": knative("rest"), "b__yaml": knative("sockets")}
    assert {one.name: one.invoker for one in read(**two, **{"sockets-policy__json": policy}).services} == {
        "rest": None,
        "sockets": "all",
    }
    assert [one.what for one in read(**two, p__json=policy).unread] == ["an IAM policy of a service that is not told"]


def test_no_secret() -> None:
    """Neither comments, nor values of variables, nor annotations, nor what a parser refuses stand in what was read."""
    broken = f"server {{ proxy_set_header X-Key '{CANARY}; }}"
    headers = f"proxy_set_header X-Internal-Key {CANARY}; proxy_pass http://u:{CANARY}@app/;"
    whole = read(a__conf=nginx(headers), b__yaml=knative(), c__conf=broken, d__yaml=f"a: '{CANARY}")
    assert CANARY not in repr(whole)


def test_a_path_at_which_nothing_is_understood_is_refused_by_name(tmp_path: Path) -> None:
    """A file of another format and an empty folder are no configuration that was read and found in order."""
    (tmp_path / "notes.txt").write_text("not a configuration at all")
    (tmp_path / "empty").mkdir()
    said = [read_path(tmp_path / name, where="w").refused[0] for name in ("notes.txt", "empty")]
    none = "holds no configuration that is understood"
    assert said == [f"notes.txt {none}: a file of no known format", f"empty {none}: no file"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("_format_version: '3.0'\nservices: [{name: a}]\n", "Kong"),
        ("entryPoints: {web: {address: ':80'}}\n", "Traefik's static configuration"),
        ("[http.routers.a]\nrule = 'x'\n", "Traefik in TOML"),
        ("kind: X\nspec:\n  {{- if .Values.a }}\n  a: {{ .Values.b }}\n", "templates, to be rendered first (helm template)"),
    ],
)
def test_what_is_yaml_and_not_read_is_named(text: str, named: str) -> None:
    """Other formats that people keep such configuration in are told by name."""
    assert [one.what for one in read(a__yml=text).unread] == [f"a file of {named}, which is not read"]


WEIRD = ("[]", "[[1]]", "{a: [b]}", "'%('", "1e400", "")


def test_no_value_ends_a_reading() -> None:
    """Whatever stands in place of a value of a proxy's file, it is read, and something is said or nothing."""
    redirect = ROUTE.replace("RULE", "filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]")
    given = [
        envoy(),
        traefik(),
        *resources().values(),
        proxy(),
        istio(),
        istio("directResponse: {status: 403}"),
        redirect,
        ingress(),
    ]
    for text in given:
        for value in re.findall(r"(?<=: )[\w./-]+(?=[,}\n])", text):
            assert isinstance(found(a__yaml=text.replace(f": {value}", f": {WEIRD[len(value) % len(WEIRD)]}")), list)
            assert isinstance(found(a__yaml=text.replace(f": {value}", f": {WEIRD[(len(value) + 3) % len(WEIRD)]}")), list)
