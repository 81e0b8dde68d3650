"""JUnit as each runner writes it: whose a case is, what became of it, and what its failure says."""

from __future__ import annotations

import time

import pytest

from lib.suite.junit import dialects, reading

CDATA = "<![CDATA[{}]]>"
PYTHON = 'Traceback (most recent call last):\n  File "/a/test_x.py", line 7, in test_b\n    self.assertEqual(1, 2)\n'
JAVA = "org.opentest4j.AssertionFailedError: expected: &lt;1&gt; but was: &lt;2&gt;\n\tat com.acme.FooTest.b(FooTest.java:9)\n"
DIALECTS = {
    "pytest, set-up": (
        '<testsuites name="pytest tests"><testsuite name="pytest"><testcase classname="tests.test_a.TestB" name="test_b">'
        '<error message="failed on setup with &quot;ConnectionError: refused&quot;">E   ConnectionError: refused</error>'
        "</testcase></testsuite></testsuites>",
        [("test_a", "test_b", "error", "ConnectionError: refused")],
    ),
    "pytest, collection": (
        '<testsuites><testsuite name="pytest"><testcase classname="" name="tests.test_a"><error message="collection failure">'
        "ImportError while importing test module '/a/tests/test_a.py'.\nTraceback:\ntests/test_a.py:1: in &lt;module&gt;\n"
        "    import absent\nE   ModuleNotFoundError: No module named 'absent'</error></testcase></testsuite></testsuites>",
        [("test_a", "tests.test_a", "error", "ModuleNotFoundError: No module named 'absent'")],
    ),
    "xmlrunner": (
        '<testsuites><testsuite name="tests.test_x.FooTest-20240101" file="tests/test_x.py"><testcase '
        f'classname="tests.test_x.FooTest" name="test_b"><error type="AssertionError" message="">{CDATA.format(PYTHON)}'
        "AssertionError: 1 != 2</error></testcase></testsuite></testsuites>",
        [("test_x", "test_b", "error", "AssertionError: 1 != 2")],
    ),
    "playwright": (
        '<testsuites id="" name=""><testsuite name="chat.spec.ts" hostname="chromium"><testcase name="chat › sends" '
        'classname="chat.spec.ts"><failure message="chat.spec.ts:3:1 sends" type="FAILURE">'
        "  [chromium] › chat.spec.ts:3:1 › chat › sends ────────\n\n    Retry #1 ───────\n\n"
        "    Error: expect(received).toBe(expected) // Object.is equality\n\n      at chat.spec.ts:5:9</failure></testcase>"
        "</testsuite></testsuites>",
        [("chat.spec", "chat › sends", "failed", "Error: expect(received).toBe(expected) // Object.is equality")],
    ),
    "jest": (
        '<testsuites name="jest tests"><testsuite name="GET /users/:id"><testcase classname="GET /users/:id returns 200" '
        'name="GET /users/:id returns 200"><failure>Error: expect(received).toBe(expected)\n    at Object.toBe '
        "(/a/users.test.js:5:9)</failure></testcase></testsuite></testsuites>",
        [("GET /users/:id", "GET /users/:id returns 200", "failed", "Error: expect(received).toBe(expected)")],
    ),
    "cypress": (
        '<testsuites name="Mocha Tests"><testsuite name="Root Suite" file="cypress/e2e/login.cy.js" tests="0"/>'
        '<testsuite name="Login"><testcase name="Login shows it" classname="shows it"><failure message="Timed out retrying" '
        'type="AssertionError">AssertionError: Timed out retrying\n    at Context.eval (webpack:///x.js:1:2)</failure></testcase>'
        "</testsuite></testsuites>",
        [("login.cy", "Login shows it", "failed", "Timed out retrying")],
    ),
    "mocha": (
        '<testsuite name="Mocha Tests"><testcase classname="Array #indexOf()" name="is -1"><failure>expected 1 to equal 2\n'
        "AssertionError: x\n    at Context.fn (test.js:5:9)</failure></testcase></testsuite>",
        [("Array #indexOf()", "is -1", "failed", "expected 1 to equal 2")],
    ),
    "go": (
        '<testsuites><testsuite name="github.com/netra/chat"><properties>'
        '<property name="go.version" value="go1.22"/></properties>'
        '<testcase classname="github.com/netra/chat" name="TestOpen/sub"><failure message="Failed" type="">'
        "=== RUN   TestOpen/sub\n    chat_test.go:9: got 403\n--- FAIL: TestOpen/sub (0.00s)</failure></testcase></testsuite>"
        "</testsuites>",
        [("chat", "TestOpen/sub", "failed", "chat_test.go:9: got 403")],
    ),
    "go-junit-report": (
        '<testsuites><testsuite name="github.com/netra/internal/events"><properties><property name="go.version" value="go1.18"/>'
        '</properties><testcase classname="events" name="TestParse"><failure message="Failed" type=""></failure></testcase>'
        '<testcase classname="events" name="TestParse/Bad"><failure message="Failed" type="">    p_test.go:4: nil</failure>'
        "</testcase></testsuite></testsuites>",
        [("events", "TestParse", "failed", "Failed"), ("events", "TestParse/Bad", "failed", "p_test.go:4: nil")],
    ),
    "gotestsum": (
        '<testsuites><testsuite name="github.com/netra/chat"><properties><property name="go.version" value="1"/></properties>'
        '<testcase classname="github.com/netra/chat" name="TestA"><failure message="Failed" type="">=== RUN   TestA&#xA;'
        "    a_test.go:2: no match: &lt;nil&gt;&#xA;--- FAIL: TestA (0.00s)&#xA;</failure></testcase></testsuite></testsuites>",
        [("chat", "TestA", "failed", "a_test.go:2: no match: <nil>")],
    ),
    "googletest with files": (
        '<testsuites name="AllTests"><testsuite name="Suite2"><testcase name="A" file="/h/sqrt_test.cpp" line="16" status="run" '
        'result="skipped" classname="Suite2"><skipped message="no key"/></testcase><testcase name="DISABLED_B" '
        'file="/h/sqrt_test.cpp" status="notrun" result="suppressed" classname="Suite1"/></testsuite></testsuites>',
        [("sqrt_test", "A", "skipped", None), ("sqrt_test", "DISABLED_B", "skipped", None)],
    ),
    "playwright with properties": (
        '<testsuites id="" name=""><testsuite name="e2e/chat.spec.ts" hostname="chromium"><testcase name="sends" '
        'classname="e2e/chat.spec.ts"><properties><property name="issue" value="1"/></properties><failure '
        'message="chat.spec.ts:5:1 sends" type="FAILURE">\n  [chromium] › e2e/chat.spec.ts:5:1 › sends ─────\n\n'
        "    locator.click: Timeout exceeded.\n    Call log:\n      - waiting\n</failure></testcase></testsuite></testsuites>",
        [("chat.spec", "sends", "failed", "locator.click: Timeout exceeded.")],
    ),
    "testify": (
        '<testsuites><testsuite name="a/chat"><testcase classname="a/chat" name="TestX"><failure message="Failed">'
        "=== RUN   TestX\n    x_test.go:9: \n        \tError Trace:\t/a/x_test.go:9\n        \tError:      \tNot equal: \n"
        "</failure></testcase></testsuite></testsuites>",
        [("chat", "TestX", "failed", "Not equal:")],
    ),
    "surefire": (
        '<testsuite name="com.acme.FooTest"><testcase name="b" classname="com.acme.FooTest" time="1,234.5"><failure '
        f'type="org.opentest4j.AssertionFailedError">{JAVA}</failure></testcase></testsuite>',
        [("FooTest", "b", "failed", "org.opentest4j.AssertionFailedError: expected: <1> but was: <2>")],
    ),
    "gradle": (
        '<testsuite name="com.acme.FooTest"><testcase name="b()" classname="com.acme.FooTest"><skipped/></testcase>'
        '<testcase name="c()" classname="com.acme.FooTest"><failure message="java.io.IOException: refused">'
        "java.io.IOException: refused\n\tat a.B.c(B.java:1)</failure></testcase></testsuite>",
        [("FooTest", "b()", "skipped", None), ("FooTest", "c()", "failed", "java.io.IOException: refused")],
    ),
    "testng": (
        '<testsuite name="com.acme.FooTest" hostname="h"><testcase classname="com.acme.FooTest" name="b"><failure '
        'type="java.lang.AssertionError" message="expected [true] but found [false]"/></testcase></testsuite>',
        [("FooTest", "b", "failed", "expected [true] but found [false]")],
    ),
    "phpunit": (
        '<testsuites><testsuite name=""><testsuite name="App\\Tests\\FooTest" file="/p/tests/FooTest.php"><testcase name="testB" '
        'class="App\\Tests\\FooTest" classname="App.Tests.FooTest" file="/p/tests/FooTest.php"><failure type="ExpectationFailed">'
        "App\\Tests\\FooTest::testB\nFailed asserting that false is true.\n\n/p/tests/FooTest.php:12</failure></testcase>"
        "</testsuite></testsuite></testsuites>",
        [("FooTest", "testB", "failed", "Failed asserting that false is true.")],
    ),
    "robot": (
        '<testsuite name="Api"><testsuite name="Login Tests"><testcase classname="Api.Login Tests" name="Invalid Login">'
        '<failure message="403 != 200" type="AssertionError"/></testcase></testsuite></testsuite>',
        [("Login Tests", "Invalid Login", "failed", "403 != 200")],
    ),
    "k6": (
        '<testsuites><testsuite name="k6 thresholds"><testcase name="http_req_duration - p(95)&lt;200"/><testcase '
        'name="checks - rate&gt;0.9"><failure message="failed"/></testcase></testsuite></testsuites>',
        [
            ("k6 thresholds", "http_req_duration - p(95)<200", "passed", None),
            ("k6 thresholds", "checks - rate>0.9", "failed", "failed"),
        ],
    ),
    "ctest": (
        '<testsuite name="(empty)"><testcase name="a" classname="a" status="disabled"/><testcase name="b" classname="b" '
        'status="notrun"/><testcase name="c" classname="c" status="fail"><failure message=""/><system-out>'
        "c.cc:3: Failure\nExpected equality\n</system-out></testcase></testsuite>",
        [("a", "a", "skipped", None), ("b", "b", "skipped", None), ("c", "c", "failed", "Expected equality")],
    ),
    "googletest": (
        '<testsuites name="AllTests"><testsuite name="F"><testcase name="Off" status="notrun" classname="FooTest"/>'
        '<testcase name="Bar" status="run" classname="FooTest"><failure message="foo_test.cc:12&#x0A;Expected: 1&#x0A;  was: 2" '
        'type=""/></testcase></testsuite></testsuites>',
        [("FooTest", "Off", "skipped", None), ("FooTest", "Bar", "failed", "Expected: 1")],
    ),
    "bazel": (
        '<testsuites><testsuite name="pkg/target"><testcase name="pkg/target" status="run" duration="5"><error '
        'message="exited with error code 1"/><system-out>E0101 cannot connect\n</system-out></testcase></testsuite></testsuites>',
        [("target", "pkg/target", "error", "E0101 cannot connect")],
    ),
    "cucumber": (
        '<testsuite name="Cucumber"><testcase classname="Chat in rooms" name="It opens"><failure type="AssertionError">'
        "Given a room.................passed\nThen it opens................failed\n</failure></testcase></testsuite>",
        [("Chat in rooms", "It opens", "failed", "Then it opens................failed")],
    ),
    "behave": (
        '<testsuite name="login.Login"><testcase classname="login.Login" name="It opens" status="untested"><skipped/></testcase>'
        '<testcase classname="login.Login" name="It shuts" status="failed">'
        '<failure type="AssertionError" message="no"/></testcase>'
        "</testsuite>",
        [("Login", "It opens", "skipped", None), ("Login", "It shuts", "failed", "no")],
    ),
    "nextest": (
        '<testsuites name="nextest-run"><testsuite name="chat"><testcase name="tests::opens" classname="chat"><failure '
        'message="thread \'tests::opens\' panicked at src/lib.rs:10:5" type="test failure with exit code 101">'
        "thread 'tests::opens' (12) panicked at src/lib.rs:10:5:\nassertion `left == right` failed\n  left: 1\n right: 2\n"
        "note: run with `RUST_BACKTRACE=1`</failure></testcase></testsuite></testsuites>",
        [("chat", "tests::opens", "failed", "assertion `left == right` failed")],
    ),
    "vitest": (
        '<testsuites name="vitest tests"><testsuite name="src/chat.test.ts"><testcase classname="src/chat.test.ts" '
        'name="chat &gt; sends"><failure message="expected 1 to be 2" type="AssertionError">x</failure></testcase></testsuite>'
        "</testsuites>",
        [("chat.test", "chat > sends", "failed", "expected 1 to be 2")],
    ),
    "deno": (
        '<testsuites name="deno test"><testsuite name="./chat_test.ts"><testcase name="sends" classname="./chat_test.ts" '
        'line="6" col="6"><failure message="Uncaught AssertionError: Values are not equal.">AssertionError: Values are not equal.'
        "\n    at assertEquals (https://a.example/mod.ts:21:9)</failure></testcase></testsuite></testsuites>",
        [("chat_test", "sends", "failed", "Uncaught AssertionError: Values are not equal.")],
    ),
    "JunitXml.TestLogger": (
        '<testsuites><testsuite name="Api.Tests.dll"><testcase classname="Api.Tests.HealthTests" name="Returns200"><failure '
        'type="failure" message="Assert.Equal() Failure: Values differ&#xD;&#xA;Expected: 200&#xD;&#xA;Actual:   403">   at '
        "Api.Tests.HealthTests.Returns200() in C:\\a\\HealthTests.cs:line 12</failure></testcase></testsuite></testsuites>",
        [("HealthTests", "Returns200", "failed", "Assert.Equal() Failure: Values differ")],
    ),
    "bats": (
        '<testsuites><testsuite name="chat.bats"><testcase classname="chat.bats" name="opens a socket"><failure type="failure">'
        "(in test file chat.bats, line 5)\n  `[ &quot;$status&quot; -eq 0 ]&#39; failed</failure></testcase><testcase "
        'classname="chat.bats" name="sends"><failure type="failure">(from function `sent&#39; in file lib.bash, line 5,\n in '
        "test file chat.bats, line 9)\n  `sent hello&#39; failed with status 7</failure></testcase></testsuite></testsuites>",
        [
            ("chat", "opens a socket", "failed", '`[ "$status" -eq 0 ]\' failed'),
            ("chat", "sends", "failed", "`sent hello' failed with status 7"),
        ],
    ),
    "catch2": (
        '<testsuites><testsuite name="tests"><testcase classname="tests.global" name="Opens/twice" status="run"><failure '
        'message="status == 101" type="REQUIRE">\nFAILED:\n  REQUIRE( status == 101 )\nat chat.cpp:13\n</failure></testcase>'
        "</testsuite></testsuites>",
        [("global", "Opens/twice", "failed", "status == 101")],
    ),
    "minitest": (
        '<testsuites><testsuite name="ChatTest" filepath="test/chat_test.rb"><testcase name="test_ok" lineno="6" '
        'classname="ChatTest" file="test/chat_test.rb"><failure type="test_ok" message="Expected: 200&#10;  Actual: 403">Failure:'
        "\ntest_ok(ChatTest) [test/chat_test.rb:7]:\nExpected: 200\n  Actual: 403</failure></testcase></testsuite></testsuites>",
        [("chat_test", "test_ok", "failed", "Expected: 200")],
    ),
    "swift": (
        '<testsuites><testsuite name="TestResults"><testcase classname="AppTests.ChatTests" name="testOpens"><failure '
        'message="XCTAssertEqual failed: (&quot;403&quot;) is not equal to (&quot;200&quot;)"/></testcase></testsuite>'
        "</testsuites>",
        [("ChatTests", "testOpens", "failed", 'XCTAssertEqual failed: ("403") is not equal to ("200")')],
    ),
    "rspec": (
        '<testsuite name="rspec">'
        '<testcase classname="spec.models.user_spec" name="User is valid" file="./spec/models/user_spec.rb">'
        '<failure message="expected: 1&#10; got: 2" type="RSpec">Failure/Error: x</failure></testcase></testsuite>',
        [("user_spec", "User is valid", "failed", "expected: 1")],
    ),
    "windows": (
        '<testsuites><testsuite name="a"><testcase classname="tests\\e2e\\test_a.py" name="b c/d"/></testsuite></testsuites>',
        [("test_a", "b c/d", "passed", None)],
    ),
    "with a namespace": (
        '<testsuites xmlns="urn:x"><testsuite name="a.B"><testcase name="c"><failure message="d"/></testcase>'
        "</testsuite></testsuites>",
        [("B", "c", "failed", "d")],
    ),
    "two children": (
        '<testsuite name="a"><testcase name="b"><skipped/><failure message="no"/><error message="worse"/></testcase></testsuite>',
        [("a", "b", "error", "worse")],
    ),
}


def read(tmp_path, text):
    path = tmp_path / "junit.xml"
    path.write_text(text, encoding="utf-8")
    return reading.read(str(path))


@pytest.mark.parametrize("runner", DIALECTS)
def test_each_runner_is_read_as_it_writes(tmp_path, runner):
    """Module, name, outcome and what failed."""
    text, expected = DIALECTS[runner]
    found = read(tmp_path, text).cases.values()
    assert [(case.module, case.name, case.outcome, case.signature) for case in found] == expected


ATTEMPTS = {
    "pytest": ('<testsuite name="pytest">{}{}</testsuite>', 'classname="tests.test_a"', "test_a::TestX"),
    "gotestsum": (
        '<testsuite name="a/chat"><properties><property name="go.version" value="1"/></properties>{}{}</testsuite>',
        'classname="a/chat"',
        "chat::TestX",
    ),
}


@pytest.mark.parametrize("runner", ATTEMPTS)
def test_attempts_that_are_told_one_by_one_are_one_case(tmp_path, runner):
    """The last decides, and all are kept."""
    suite, classname, nodeid = ATTEMPTS[runner]
    case = f'<testcase {classname} name="TestX" time="1">'
    found = read(tmp_path, suite.format(f'{case}<failure message="no"/></testcase>', f"{case}</testcase>"))
    assert {name: case.outcome for name, case in found.cases.items()} == {nodeid: "passed"}
    assert found.runs == {nodeid: ("failed", "passed")}


def test_attempts_that_nextest_tells_inside_a_case_are_runs(tmp_path):
    """One that passed in the end, and one that never did."""
    flaky = '<testcase name="a" classname="demo::x"><flakyFailure type="test failure" message="boom"/></testcase>'
    failed = '<testcase name="b" classname="demo::x"><failure>boom</failure><rerunFailure type="test failure"/></testcase>'
    found = read(tmp_path, f'<testsuites name="nextest-run"><testsuite name="demo::x">{flaky}{failed}</testsuite></testsuites>')
    assert found.runs == {"demo::x::a": ("failed", "passed"), "demo::x::b": ("failed", "failed")}


def test_an_id_depends_on_no_outcome_and_no_order(tmp_path):
    """Two classes of one module with a case of one name are told apart alike, whichever comes first and whatever failed."""
    a, b = '<testcase classname="m.A" name="x"/>', '<testcase classname="n.A" name="x"><failure message="no"/></testcase>'
    ids = [set(read(tmp_path, f'<testsuite name="s">{one}</testsuite>').cases) for one in (a + b, b + a)]
    assert ids[0] == ids[1] == {"m.A::x", "n.A::x"}


def test_projects_of_playwright_are_told_apart(tmp_path):
    """One case in two browsers is two cases, and the browser says which."""
    suite = '<testsuite name="a.spec.ts" hostname="{}"><testcase classname="a.spec.ts" name="x"/></testsuite>'
    found = read(tmp_path, f"<testsuites>{suite.format('chromium')}{suite.format('firefox')}</testsuites>")
    assert set(found.cases) == {"a.spec::x [chromium]", "a.spec::x [firefox]"}


def test_a_folder_and_a_pattern_are_read_whole(tmp_path):
    """Every file's cases together; a file that holds none is named."""
    for name in ("one", "two"):
        tmp_path.joinpath(f"{name}.xml").write_text(f'<testsuite name="{name}"><testcase name="x"/></testsuite>')
    tmp_path.joinpath("pom.xml").write_text("<project/>")
    assert list(reading.read(str(tmp_path / "t*.xml")).cases) == ["two::x"]
    found = reading.read(str(tmp_path))
    assert list(found.cases) == ["one::x", "two::x"]
    assert "pom.xml: its root is <project>" in found.notes[0]


@pytest.mark.parametrize("line", ["a/" * 5_000, "a." * 5_000 + "js:1:x", "at " * 5_000, "=" * 10_000 + "x", "test " * 5_000])
def test_no_line_takes_long(line):
    """What is looked for in a failure takes no time that grows with a hostile line."""
    started = time.perf_counter()
    dialects.telling_line(line, "\n".join([line] * 20), "", ["name"])
    assert time.perf_counter() - started < 1
