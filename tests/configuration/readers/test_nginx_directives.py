"""nginx's directives, and what they include."""

from __future__ import annotations

import pytest

from lib.configuration.documents import Document
from lib.configuration.readers.nginx_directives import MAX_DIRECTIVES, Files, directives, is_included
from lib.configuration.shape import Count


def test_a_tree() -> None:
    """Quotes, escapes and comments are nginx's; each directive knows its line."""
    count = Count()
    tree = directives(Document("a.conf", "http {\n  # no\n  server { listen 80; set $x 'a;{b}'; }\n}"), Files(), count)
    server = tree[0].block[0]
    assert [(one.name, one.args, one.place.line) for one in server.block] == [("listen", ("80",), 3), ("set", ("$x", "a;{b}"), 3)]
    assert count.all() == ()


@pytest.mark.parametrize(
    "text", ["server {", "server { a 'b; }", "}", "{" * 3000 + "}" * 3000], ids=["open", "quote", "closed", "deep"]
)
def test_what_cannot_be_read(text: str) -> None:
    """A text that breaks off is counted, whatever of it was read, and ends nothing."""
    count = Count()
    directives(Document("a.conf", text), Files(), count)
    assert [one.what for one in count.all()] == ["nginx: what the parser cannot read"]


def test_files_that_include_each_other() -> None:
    """A circle of includes ends; what is included in a file does not include that file again."""
    files = {
        name: Document(name, f"include {other};\nset $x {name};") for name, other in (("a.conf", "b.conf"), ("b.conf", "a.conf"))
    }
    assert [one.args[1] for one in directives(files["a.conf"], Files(files.values()), Count())] == ["b.conf", "a.conf"]


@pytest.mark.parametrize(
    ("pattern", "name", "meant"),
    [
        ("/etc/nginx/conf.d/*.conf", "nginx/conf.d/ws.conf", True),
        ("/etc/nginx/conf.d/*.conf", "ws.conf", True),
        ("/etc/nginx/conf.d/*.conf", "sites-enabled/ws.conf", False),
        ("snippets/ssl.conf", "etc/snippets/ssl.conf", True),
        ("mime.types", "nginx.conf", False),
    ],
)
def test_patterns(pattern: str, name: str, meant: bool) -> None:
    """An include's absolute path is compared by as much as a file's name has of it."""
    assert is_included(pattern, name) is meant


def test_includes_are_read_in_linear_time() -> None:
    """Files that include the next one twice each stand for a billion directives: so many as are read are, and it is counted."""
    files = [Document(f"{n}.conf", f"include {n + 1}.conf;\nset $a {n};\ninclude {n + 1}.conf;") for n in range(30)]
    count = Count()
    found = directives(files[0], Files(files), count)
    assert 0 < len(found) < MAX_DIRECTIVES
    assert "nginx: more directives than are read" in [one.what for one in count.all()]
