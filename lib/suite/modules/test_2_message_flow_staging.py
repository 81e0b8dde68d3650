"""Message flow: do messages arrive, stay, and come back as they were sent?"""

from __future__ import annotations

import json
import uuid


async def test_message_endpoints(target):
    """A message that is posted can be read again, by its address and in its thread."""
    content = f"Message {uuid.uuid4()} with an umlaut: ü"
    async with target.client() as client:
        posted = await client.post("/api/messages", json={"content": content})
        assert posted.status_code == 201
        read = await client.get(posted.headers["location"])
        listed = await client.get("/api/messages", params={"thread_id": posted.json()["thread_id"]})
    assert read.json()["content"] == content
    assert [message["id"] for message in listed.json()["messages"]] == [posted.json()["id"]]


async def test_real_message_api_endpoints(target):
    """A thread keeps its messages in the order in which they came, and hands them out in pages."""
    contents = [f"{position}: {uuid.uuid4()}" for position in range(4)]
    async with target.client() as client:
        thread_id = (await client.post("/api/threads", json={"title": "Pages"})).json()["id"]
        for content in contents:
            assert (await client.post("/api/messages", json={"content": content, "thread_id": thread_id})).status_code == 201
        pages = [
            (await client.get("/api/messages", params={"thread_id": thread_id, "limit": 3, "offset": offset})).json()["messages"]
            for offset in (0, 3)
        ]
    assert [[message["content"] for message in page] for page in pages] == [contents[:3], contents[3:]]


async def test_real_websocket_message_flow(target):
    """Over the socket without a credential each message is acknowledged, in order, with what it carried."""
    messages = [{"type": "user_message", "content": text, "id": str(uuid.uuid4())} for text in ("one", "zwei ü", "三")]
    async with target.test_websocket() as socket:
        await target.receive(socket, "system_message")
        for message in messages:
            await socket.send(json.dumps(message))
        acknowledgements = [await target.receive(socket, "ack") for _ in messages]
    assert [acknowledgement["received"] for acknowledgement in acknowledgements] == messages


async def test_real_thread_management(target):
    """A thread that is opened is its user's, has its title, is listed, and can be read with its messages."""
    title = f"Thread {uuid.uuid4()}"
    async with target.client() as client:
        opened = await client.post("/api/threads", json={"title": title})
        assert opened.status_code == 201
        thread_id = opened.json()["id"]
        message = (await client.post("/api/messages", json={"content": "First", "thread_id": thread_id})).json()
        thread = (await client.get(f"/api/threads/{thread_id}")).json()
        listed = (await client.get("/api/threads", params={"limit": 200})).json()["threads"]
    assert (thread["title"], thread["user_id"]) == (title, target.user)
    assert [kept["id"] for kept in thread["messages"]] == [message["id"]]
    assert thread_id in [each["id"] for each in listed]


async def test_real_error_handling_flow(target):
    """No token, garbage and an expired token are refused where the right one is served; bad content is named field by field."""
    async with target.client() as client, target.guest() as guest:
        assert (await client.get(target.protected_path)).status_code == 200
        assert (await guest.get(target.protected_path)).status_code == 401
        for token in ("garbage", target.expired_token()):
            refused = await guest.get(target.protected_path, headers={"Authorization": f"Bearer {token}"})
            assert refused.status_code == 401
        invalid = await client.post("/api/messages", json={"content": ""})
        missing = await client.get("/api/messages/msg_that_does_not_exist")
    assert (invalid.status_code, invalid.json()["detail"][0]["loc"]) == (422, ["body", "content"])
    assert missing.status_code == 404
