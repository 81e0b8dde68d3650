"""JUnit files of five runners are read; broken, huge and hostile ones are refused in one sentence."""

from __future__ import annotations

import time

import pytest

from lib.parameters.loading import BadInput
from lib.suite.junit import reading

FAILURE = '<failure message="expected 200, got 403" type="AssertionError">at line 3\nsecret-canary-value</failure>'
DIALECTS = {
    "pytest": (
        '<testsuites><testsuite name="pytest" tests="2"><testcase classname="tests.e2e.test_chat.TestFlow" '
        'name="test_a[x]" time="0.5"/>'
        f'<testcase classname="tests.e2e.test_chat" name="test_b" time="1">{FAILURE}</testcase></testsuite></testsuites>',
        [("test_chat", "test_a[x]", "passed"), ("test_chat", "test_b", "failed")],
    ),
    "playwright": (
        '<testsuites id="" name="" tests="2"><testsuite name="chat.spec.ts" timestamp="2025-09-07T08:39:00.000Z" '
        'hostname="chromium">'
        '<testcase name="chat › opens" classname="chat.spec.ts" time="1.2"/>'
        f'<testcase name="chat › sends" classname="chat.spec.ts" time="2">{FAILURE}<system-out>log</system-out></testcase>'
        "</testsuite></testsuites>",
        [("chat.spec", "chat › opens", "passed"), ("chat.spec", "chat › sends", "failed")],
    ),
    "jest": (
        '<testsuites name="jest tests" tests="2" time="1.1"><testsuite name="Chat" file="src/chat.test.js" tests="2">'
        '<testcase classname="Chat opens" name="Chat opens" time="0.01"/>'
        '<testcase classname="Chat sends" name="Chat sends" time="0.02"><skipped/></testcase></testsuite></testsuites>',
        [("chat.test", "Chat opens", "passed"), ("chat.test", "Chat sends", "skipped")],
    ),
    "go": (
        '<testsuites tests="2"><testsuite tests="2" name="github.com/netra/chat" time="0.3"><properties>'
        '<property name="go.version" value="1"/></properties><testcase classname="github.com/netra/chat" '
        'name="TestOpen/sub" time="0.1"/>'
        f'<testcase classname="github.com/netra/chat" name="TestSend" time="0.2">{FAILURE}</testcase></testsuite></testsuites>',
        [("chat", "TestOpen/sub", "passed"), ("chat", "TestSend", "failed")],
    ),
    "maven": (
        '<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="com.netra.ChatTest" time="1,234.5" tests="2">'
        '<testcase name="opens" classname="com.netra.ChatTest" time="0.1"><flakyFailure '
        'message="once">x</flakyFailure></testcase>'
        '<testcase name="sends" classname="com.netra.ChatTest" time="1,234.4"><error '
        'type="java.io.IOException">refused</error></testcase>'
        "</testsuite>",
        [("ChatTest", "opens", "passed"), ("ChatTest", "sends", "error")],
    ),
}


def read(tmp_path, text, **more):
    path = tmp_path / "junit.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return reading.read(str(path), **more)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_dialects_are_read(tmp_path, dialect):
    """Module, name and outcome of each runner's cases."""
    text, expected = DIALECTS[dialect]
    assert [(case.module, case.name, case.outcome) for case in read(tmp_path, text).cases.values()] == expected


def test_failures_have_a_signature_and_no_secret(tmp_path):
    """The message's first line groups failures; known secrets in the text are replaced."""
    found = read(tmp_path, DIALECTS["pytest"][0], secrets=["secret-canary-value"])
    case = found.cases["test_chat::test_b"]
    assert case.signature == "expected 200, got 403"
    assert "canary" not in case.message


@pytest.mark.parametrize(
    ("failure", "signature"),
    [
        ('<failure message="Failed">=== RUN   TestSend\n    chat_test.go:9: got 403\n</failure>', "chat_test.go:9: got 403"),
        (
            '<failure message="chat.spec.ts:3:1 sends">  [chromium] › chat.spec.ts:3:1 › sends\n\n    Error: no pong\n</failure>',
            "Error: no pong",
        ),
        ('<failure message="Failed"/>', "Failed"),
        ("<failure/>", "failed"),
    ],
    ids=["go", "playwright", "nothing more is said", "nothing is said"],
)
def test_a_signature_says_what_failed_and_not_only_that_it_did(tmp_path, failure, signature):
    """What a runner's writer puts before the failure's own words groups nothing."""
    text = f'<testsuites><testsuite name="a"><testcase name="x">{failure}</testcase></testsuite></testsuites>'
    assert [case.signature for case in read(tmp_path, text).cases.values()] == [signature]


def test_a_module_that_pytest_could_not_collect_is_that_module(tmp_path):
    """pytest writes its dotted name as the name of a case without a class."""
    case = '<testcase classname="" name="tests.test_absent"><skipped message="collection skipped"/></testcase>'
    found = read(tmp_path, f'<testsuites><testsuite name="pytest">{case}</testsuite></testsuites>')
    assert [(case.module, case.outcome) for case in found.cases.values()] == [("test_absent", "skipped")]


def test_retries_of_maven_are_runs(tmp_path):
    """A flaky failure followed by a pass is both."""
    assert read(tmp_path, DIALECTS["maven"][0]).runs == {"ChatTest::opens": ("failed", "passed")}


def test_nested_suites_and_equal_names_are_kept_apart(tmp_path):
    """Every case counts once, even where two have one name."""
    text = (
        '<testsuites><testsuite name="a"><testsuite name="b"><testcase name="x"/></testsuite><testcase '
        'name="x"/></testsuite></testsuites>'
    )
    assert len(read(tmp_path, text.replace('name="b"', 'name="a"')).cases) == 2


def test_one_name_over_and_over_is_read_in_no_time(tmp_path):
    """A case that was counted ten thousand times is as many cases, each found at once."""
    started = time.monotonic()
    cases = '<testcase name="x"/>' * 10_000
    text = f"<testsuites><testsuite name='a'>{cases}</testsuite></testsuites>"
    assert len(read(tmp_path, text).cases) == 10_000
    assert time.monotonic() - started < 10


HOSTILE = {
    "entities": '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuites><testsuite name="&b;"/></testsuites>',
    "external": '<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuites/>',
    "in UTF-16": '<!DOCTYPE t [<!ENTITY a "a">]><testsuites/>'.encode("utf-16"),
    "broken": "<testsuites><testsuite>",
    "not XML": "PK\x03\x04",
    "empty": "",
    "another format": "<html><body/></html>",
    "deep": "<testsuites>" + "<testsuite>" * 100_000,
    "no case": '<testsuites><testsuite name="a" tests="0"/></testsuites>',
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_such_file_is_refused(tmp_path, kind):
    """One sentence that names the parameter, whatever is in the file."""
    with pytest.raises(BadInput) as refused:
        read(tmp_path, HOSTILE[kind])
    assert refused.value.where == "suite.junit"


def test_a_huge_file_is_refused_before_it_is_read_whole(tmp_path):
    """200 MB are not taken into memory."""
    path = tmp_path / "huge.xml"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(BadInput, match="larger than"):
        reading.read(str(path))


def test_a_missing_file_is_refused(tmp_path):
    """There must be a file."""
    with pytest.raises(BadInput, match="cannot be read"):
        reading.read(str(tmp_path / "none.xml"))
