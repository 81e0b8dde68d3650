"""Records what a real Chromium copies of a WebSocket: `python -m tests.captures.record` writes recordings/chromium-* anew.

The browser opens a page that connects; its own developer tools, opened beside it, write the request in every form that their
menu offers. The server's authority becomes %AUTHORITY%; the token is one that tests/foreign's servers accept.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import jwt
from websockets import Headers, Response
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from tests.foreign.diagnosis import KEY

CHAT = "chat.v1"
RECORDINGS = Path(__file__).parent / "recordings"
TOKEN = jwt.encode({"iss": "login", "aud": "sockets", "sub": "ada", "exp": 4102444800, "note": "n0t-in-any-record"}, KEY, "HS256")
COOKIES = {"token": TOKEN, "csrftoken": "c5rf-zyxwvuts-87654321"}
FORMS = """(async () => {
  const {NetworkLog} = (await import('./models/logs/logs.js')).NetworkLog, har = await import('./models/har/har.js');
  const network = await import('./panels/network/network.js'), View = network.NetworkLogView.NetworkLogView;
  const view = network.NetworkPanel.NetworkPanel.instance().networkLogView, all = NetworkLog.instance().requests();
  const one = all.find(request => request.url().startsWith('ws'));
  return JSON.stringify({
    'curl-bash.txt': await View.generateCurlCommand(one, 'unix'), 'curl-cmd.txt': await View.generateCurlCommand(one, 'win'),
    'powershell.txt': await view.generatePowerShellCommand(one), 'fetch.txt': await view.generateFetchCall(one, 0),
    'fetch-node.txt': await view.generateFetchCall(one, 1),
    'har.har': JSON.stringify({log: await har.Log.Log.build(all, {sanitize: false})}, null, 1),
    'har-sanitized.har': JSON.stringify({log: await har.Log.Log.build(all, {sanitize: true})}, null, 1)});
})()"""


async def call(socket: Any, method: str, **given: Any) -> Any:
    """One command of the DevTools protocol, and its result."""
    await socket.send(json.dumps({"id": 1, "method": method, "params": given}))
    while (answer := json.loads(await asyncio.wait_for(socket.recv(), 20))).get("id") != 1:
        pass
    return answer["result"]


def page(connection: Any, request: Any) -> Response | None:
    """The page that sets the cookies and opens the socket; handshakes pass."""
    if request.path != "/":
        return None
    headers = Headers([("Content-Type", "text/html")])
    for name, value in COOKIES.items():
        headers["Set-Cookie"] = f"{name}={value}; Path=/"
    script = "setTimeout(() => new WebSocket(`ws://${location.host}/ws?room={7}&q=a%20b`, ['chat.v1']), 300)"
    return Response(200, "OK", headers, f"<title>page</title><script>{script}</script>".encode())


async def record() -> None:
    """Writes the recordings."""
    async with serve(lambda socket: socket.wait_closed(), "127.0.0.1", 0, process_request=page, subprotocols=[CHAT]) as server:
        authority = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--remote-allow-origins=*"]
            command = ["chromium", *options, f"--user-data-dir={profile}", "about:blank"]
            browser = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: ASYNC220
            try:
                forms = await _forms(browser, f"http://{authority}/")
            finally:
                browser.kill()
    for name, text in forms.items():
        (RECORDINGS / f"chromium-{name}").write_text(text.replace(authority, "%AUTHORITY%") + "\n")


async def _forms(browser: Any, address: str) -> dict[str, str]:
    line = next(line for line in browser.stderr if "DevTools listening on" in line)
    url = line.split()[-1]
    authority = url.split("/")[2]

    def target(start: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://{authority}/json", timeout=10) as answer:
            return next(one for one in json.load(answer) if one["url"].startswith(start))

    blank = target("about:blank")
    tools = f"devtools://devtools/bundled/devtools_app.html?ws={authority}/devtools/page/{blank['id']}&panel=network"
    async with connect(url, max_size=None) as whole, connect(blank["webSocketDebuggerUrl"], max_size=None) as tab:
        await call(whole, "Target.createTarget", url=tools)
        await asyncio.sleep(4)
        async with connect(target("devtools://")["webSocketDebuggerUrl"], max_size=None) as frontend:
            await call(tab, "Page.navigate", url=address)
            await asyncio.sleep(3)
            found = await call(frontend, "Runtime.evaluate", expression=FORMS, awaitPromise=True, returnByValue=True)
    return dict(json.loads(found["result"]["value"]))


if __name__ == "__main__":
    asyncio.run(record())
