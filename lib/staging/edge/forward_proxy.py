"""A forward proxy as companies run them: it passes plain requests on and lets no tunnel and no upgrade through."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

from ..http1 import BadMessage, Head, Pool, read_body, read_head, relay_response_body, write_page

REACHABLE = ("127.0.0.1", "localhost")
IDENTITY = [("Server", "corporate-proxy"), ("Via", "1.1 corporate-proxy"), ("Proxy-Agent", "corporate-proxy/2.1")]
DENIED = b"Access denied by the proxy's policy: tunnels and protocol upgrades are not allowed\n"


async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serves one request of a client, then closes."""
    try:
        head = await read_head(reader)
        if head is not None:
            await _serve(head, reader, writer)
    except BadMessage as error:
        write_page(writer, error.status, f"{error}\n".encode(), IDENTITY)
    except (OSError, EOFError, TimeoutError):
        write_page(writer, 502, b"The server could not be reached\n", IDENTITY)
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()


async def _serve(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    target = urlsplit(head.target)
    if head.method == "CONNECT" or head.wants_upgrade:
        write_page(writer, 403, DENIED, IDENTITY)
    elif target.scheme != "http" or target.hostname not in REACHABLE:
        write_page(writer, 403, b"Access denied by the proxy's policy: this address is not allowed\n", IDENTITY)
    else:
        body = await read_body(head, reader)
        path = target.path + (f"?{target.query}" if target.query else "") or "/"
        forwarded = Head(
            f"{head.method} {path} HTTP/1.1", head.without(["proxy-connection", "connection", "transfer-encoding"]).headers
        )
        forwarded = forwarded.with_header("Connection", "close").with_header("Content-Length", str(len(body)))
        pool = Pool(target.port or 80, target.hostname)
        response, connection = await pool.send(forwarded.encode() + body)
        writer.write(response.with_header("Connection", "close").with_header("Proxy-Agent", "corporate-proxy/2.1").encode())
        await relay_response_body(head, response, connection[0], writer)
        pool.give_back(connection, reusable=False)
