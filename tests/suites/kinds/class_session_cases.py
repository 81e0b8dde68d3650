# ruff: noqa: PT009, PT027 - cases as people write them
"""unittest and classes: what setUp, setUpClass and setup_method open or ask belongs to no case, and is diverted all the same."""

from __future__ import annotations

import http.client
import os
import unittest
from urllib.parse import urlsplit

import httpx
import requests
import websocket

REST, WS = os.environ["TRUTH_REST"], os.environ["TRUTH_WS"]


class SetUpOpens(unittest.TestCase):
    def setUp(self):
        self.session = requests.Session()
        self.addCleanup(self.session.close)
        self.health = self.session.get(f"{REST}/health", timeout=4)

    def test_positive(self):
        self.assertEqual(self.session.get(f"{REST}/health", timeout=4).status_code, 200)

    def test_rejection(self):
        self.assertIn(self.session.get(f"{REST}/me", timeout=4).status_code, (401, 403))

    def test_any_answer(self):
        self.assertIsNotNone(self.session.get(f"{REST}/health", timeout=4))

    def test_no_traffic_of_its_own(self):
        self.assertEqual(self.health.status_code, 200)

    def test_positive_in_sub_tests(self):
        for path in ("/health", "/health?verbose=1"):
            with self.subTest(path=path):
                self.assertTrue(self.session.get(REST + path, timeout=4).ok)


class SetUpClassOpens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = httpx.Client(base_url=REST, timeout=4)
        token = cls.client.post("/login").raise_for_status().json()["token"]
        cls.headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    def tearDownClass(cls):
        cls.client.close()

    def test_positive(self):
        self.assertEqual(self.client.get("/me", headers=self.headers).json(), {"user": "someone"})

    def test_rejection(self):
        with self.assertRaises(httpx.HTTPStatusError):
            self.client.get("/admin", headers=self.headers).raise_for_status()

    def test_any_answer(self):
        self.assertGreater(self.client.get("/me").status_code, 0)


class AsyncSetUpOpens(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = httpx.AsyncClient(base_url=REST, timeout=4)
        await self.client.get("/health")

    async def asyncTearDown(self):
        await self.client.aclose()

    async def test_positive(self):
        self.assertEqual((await self.client.get("/health")).json()["status"], "healthy")

    async def test_rejection(self):
        self.assertGreaterEqual((await self.client.get("/nothing")).status_code, 400)


class TestSetupMethod:
    def setup_method(self):
        self.connection = http.client.HTTPConnection(urlsplit(REST).netloc, timeout=4)
        self.connection.connect()

    def teardown_method(self):
        self.connection.close()

    def test_positive(self):
        self.connection.request("GET", "/health")
        assert self.connection.getresponse().status == 200

    def test_any_answer(self):
        self.connection.request("GET", "/health")
        assert self.connection.getresponse().reason


class TestSetupClass:
    @classmethod
    def setup_class(cls):
        cls.socket = websocket.create_connection(WS, timeout=4)

    @classmethod
    def teardown_class(cls):
        cls.socket.close()

    def test_positive_over_a_websocket_of_the_class(self):
        self.socket.send("ping")
        assert self.socket.recv() == "ping"
