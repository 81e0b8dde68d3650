"""Files of each format in the shape that its logger really gives them, with what is true of them: entries, incidents, first and last.

`A` is a file in which one thing failed, `B` another with a stack or an access line, so that both ways are seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One file: its name, text, entries, incidents (severity and how the title begins), and its first and last second."""

    format: str
    name: str
    text: str
    entries: int
    incidents: tuple[tuple[str, str], ...]
    first: str = "2026-02-19T21:33:24"
    last: str = "2026-02-19T21:33:26"


def _lines(*items: Any) -> str:
    return "".join(f"{item if isinstance(item, str) else json.dumps(item)}\n" for item in items)


T = ("2026-02-19T21:33:24.100Z", "2026-02-19T21:33:25.200Z", "2026-02-19T21:33:26.300Z")
S = [text.replace("T", " ").replace("Z", "").replace(".", ",") for text in T]
SECONDS = (1771536804.1, 1771536805.2, 1771536806.3)
MS = [int(second * 1000 + 0.5) for second in SECONDS]
NODE = "Error: connect ECONNREFUSED 10.0.0.5:5432\n    at TCPConnectWrap.afterConnect (node:net:1595:16)\n    at connect (/app/src/db.js:12:3)"
PYTHON = 'Traceback (most recent call last):\n  File "/app/db.py", line 12, in connect\n    raise\nsqlalchemy.exc.OperationalError: connection refused'
JAVA = "java.lang.IllegalStateException: no pool\n\tat com.acme.Api.run(Api.java:7)\nCaused by: java.sql.SQLException: connection refused\n\tat com.acme.Db.open(Db.java:17)\n\t... 9 more"
ERROR = ("ERROR",)
REFUSED = (("ERROR", "connection refused"),)


def _two(format: str, one: str, other: str, entries: tuple[int, int], incidents: Any, incidents_of_other: Any, suffix: str = "log", **more: Any) -> list[Sample]:
    return [
        Sample(format=format, name=f"a.{suffix}", text=one, entries=entries[0], incidents=incidents, **more),
        Sample(format=format, name=f"b.{suffix}", text=other, entries=entries[1], incidents=incidents_of_other, **more),
    ]


def _objects(format: str, up: Any, failed: Any, broken: Any, of_failed: Any, of_broken: Any, **more: Any) -> list[Sample]:
    last = dict(up[1])
    return _two(format, _lines(up[0], failed, last), _lines(up[0], broken, last), (3, 3), (of_failed,), (of_broken,), suffix="jsonl", **more)


def _text(format: str, *, head: str, level: tuple[str, str], stamps: Any = None, tail: str = "", **more: Any) -> list[Sample]:
    """A format of lines: `head` with {t} and {level}; the second file has a stack behind the line."""
    stamps = stamps or T
    at = [head.format(t=stamp, level=level[0]) for stamp in stamps]
    bad = head.format(t=stamps[1], level=level[1])
    return _two(
        format, _lines(f"{at[0]}server started{tail}", f"{bad}connection refused by db-1{tail}", f"{at[2]}still here{tail}"),
        _lines(f"{at[0]}server started{tail}", f"{bad}request failed{tail}", *JAVA.split("\n"), f"{at[2]}still here{tail}"),
        (3, 3), (("ERROR", "connection refused by db-1"),), (("ERROR", "SQLException: connection refused"),), **more,
    )  # fmt: skip


def _pino() -> list[Sample]:
    base = {"pid": 1, "hostname": "api-1"}
    return _objects(
        "pino", ({"level": 30, "time": MS[0], **base, "msg": "up"}, {"level": 30, "time": MS[2], **base, "msg": "still"}),
        {"level": 50, "time": MS[1], **base, "msg": "connection refused"},
        {"level": 60, "time": MS[1], **base, "err": {"type": "Error", "message": "connect ECONNREFUSED 10.0.0.5:5432", "stack": NODE}, "msg": "query failed"},
        ("ERROR", "connection refused"), ("CRITICAL", "query failed: connect ECONNREFUSED"),
    )  # fmt: skip


def _plain(format: str, time: str, grave: str, words: tuple[str, str], text: str, stamps: Any, stack: tuple[str, Any], title: str, **more: Any) -> list[Sample]:
    made = lambda number, word, said, **rest: {time: stamps[number], grave: word, text: said, **more, **rest}  # noqa: E731
    return _objects(
        format, (made(0, words[0], "up"), made(2, words[0], "still here")), made(1, words[1], "connection refused"),
        made(1, words[1], "request failed", **{stack[0]: stack[1]}), ("ERROR", "connection refused"), ("ERROR", title),
    )  # fmt: skip


def _cloud(number: int, severity: str | None, **more: Any) -> dict[str, Any]:
    entry = {
        "insertId": f"i{number}", "timestamp": T[number], "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api", "revision_name": "api-1"}}, **more,
    }  # fmt: skip
    return {**entry, "severity": severity} if severity else entry


CLOUD = [_cloud(0, "INFO", textPayload="up"), _cloud(1, "ERROR", textPayload="connection refused"), _cloud(2, "INFO", jsonPayload={"message": "still here"})]
CLOUD_B = [_cloud(0, None, textPayload="up"), _cloud(1, None, textPayload=PYTHON), _cloud(2, None, textPayload="INFO: still here")]


def _yaml(entries: list[dict[str, Any]]) -> str:
    import yaml

    return "".join(f"---\n{yaml.safe_dump(entry)}" for entry in entries)


OPERATIONAL = (("ERROR", "OperationalError: connection refused"),)
SQL = "SQLException: connection refused"
PY = "OperationalError: connection refused"
ECONN = "request failed: connect ECONNREFUSED"
SAMPLES: list[Sample] = [
    *_two("cloud-logging", json.dumps(CLOUD, indent=1), _lines(*CLOUD_B), (3, 3), REFUSED, OPERATIONAL, suffix="json"),
    *_two("gcloud-yaml", _yaml(CLOUD), _yaml(CLOUD_B), (3, 3), REFUSED, OPERATIONAL, suffix="yaml"),
    *_pino(),
    *_plain("bunyan", "time", "level", (30, 50), "msg", T, ("err", {"name": "Error", "message": "connect ECONNREFUSED 10.0.0.5:5432", "stack": NODE}), ECONN, v=0, name="api",
            hostname="api-1", pid=1),
    *_plain("winston", "timestamp", "level", ("info", "error"), "message", T, ("stack", NODE), ECONN),
    *_plain("zap", "ts", "level", ("info", "error"), "msg", SECONDS, ("errorVerbose", "dial: connection refused\nmain.open\n\t/app/db.go:12"), "request failed", caller="api/main.go:4"),
    *_plain("zerolog", "time", "level", ("info", "error"), "message", [int(second) for second in SECONDS], ("error", "dial tcp: connection refused"), "request failed: dial tcp: connection refused"),
    *_plain("logrus", "time", "level", ("info", "error"), "msg", T, ("error", "dial tcp: connection refused"), "request failed: dial tcp"),
    *_plain("slog", "time", "level", ("INFO", "ERROR"), "msg", T, ("err", "dial tcp: connection refused"), "request failed: dial tcp"),
    *_plain("structlog", "timestamp", "level", ("info", "error"), "event", T, ("exception", PYTHON), PY, logger="api"),
    *_plain("python-json-logger", "asctime", "levelname", ("INFO", "ERROR"), "message", S, ("exc_info", PYTHON), PY, name="api"),
    *_plain("ecs", "@timestamp", "log.level", ("info", "error"), "message", T, ("error.stack_trace", JAVA), SQL, **{"ecs.version": "1.6.0"}),
    *_plain("log4j", "timeMillis", "level", ("INFO", "ERROR"), "message", MS, ("thrown", {"message": "no pool", "name": "java.lang.IllegalStateException", "extendedStackTrace": JAVA}), SQL,
            thread="main", loggerName="a.b"),
    *_plain("logback", "@timestamp", "level", ("INFO", "ERROR"), "message", T, ("stack_trace", JAVA), SQL, level_value=1, logger_name="a", **{"@version": "1"}),
    *_plain("serilog", "@t", "@l", ("Information", "Error"), "@m", T, ("@x", "System.InvalidOperationException: connection refused\n   at A.B() in /src/B.cs:line 12"),
            "InvalidOperationException: connection refused", **{"@mt": "x"}),
    *_plain("dotnet-json", "Timestamp", "LogLevel", ("Information", "Error"), "Message", T, ("Exception", "System.InvalidOperationException: connection refused\n   at A.B() in /src/B.cs:line 12"),
            "InvalidOperationException: connection refused", EventId=1, Category="a"),
    *_plain("monolog", "datetime", "level_name", ("INFO", "ERROR"), "message", T, ("context", {"exception": {"class": "PDOException", "message": "connection refused", "file": "/var/www/db.php:3"}}),
            "PDOException: connection refused", level=400, channel="app"),
    *_plain("datadog", "timestamp", "status", ("info", "error"), "message", T, ("error", {"kind": "KeyError", "message": "'user'", "stack": PYTHON}), PY, service="api"),
    *_plain("vercel", "timestampInMs", "level", ("info", "error"), "message", MS, ("stack", NODE), ECONN, deploymentId="d", source="lambda"),
    *_plain("railway", "timestamp", "severity", ("info", "error"), "message", T, ("attributes", {"exception": {"stacktrace": JAVA}}), SQL),
    *_two("journald", _lines(*[{"__REALTIME_TIMESTAMP": str(MS[n] * 1000), "_HOSTNAME": "h", "SYSLOG_IDENTIFIER": "api", "PRIORITY": "6", "MESSAGE": said}
                               for n, said in enumerate(("up", "2026 ERROR: connection refused".removeprefix("2026 "), "still here"))]),
          _lines(*[{"__REALTIME_TIMESTAMP": str(MS[n] * 1000), "_HOSTNAME": "h", "SYSLOG_IDENTIFIER": "api", "PRIORITY": priority, "MESSAGE": said}
                   for n, (priority, said) in enumerate((("6", "up"), ("3", "request aborted by peer"), ("6", "still here")))]), (3, 3), REFUSED, (("ERROR", "request aborted"),)),
    *_two("docker", _lines(*[{"log": f"{said}\n", "stream": "stderr", "time": T[n]} for n, said in enumerate(("INFO up", "ERROR connection refused", "INFO still here"))]),
          _lines(*[{"log": f"{said}\n", "stream": "stderr", "time": T[1] if 0 < n < 4 else T[0 if n == 0 else 2]} for n, said in enumerate(("up", *NODE.split("\n"), "still here"))]),
          (3, 5), REFUSED, (("ERROR", "Error: connect ECONNREFUSED"),)),
    *_two("cri", _lines(f"{T[0]} stdout F up", f"{T[1]} stderr F ERROR connection refused", f"{T[2]} stdout F still here"),
          _lines(f"{T[0]} stdout F up", *[f"{T[1]} stderr F {line}" for line in PYTHON.split("\n")], f"{T[2]} stdout F still here"), (3, 3), REFUSED, OPERATIONAL),
    *_two("kubectl", _lines(*[f"[pod/api-7f/api] {T[n]} {said}" for n, said in enumerate(("up", "ERROR connection refused", "still here"))]),
          _lines(*[f"[pod/api-7f/api] {T[0 if n == 0 else 2 if n == 5 else 1]} {line}" for n, line in enumerate(("up", *PYTHON.split("\n"), "still here"))]), (3, 3), REFUSED, OPERATIONAL),
    *_two("compose", _lines(*[f"api-1  | {T[n]} {said}" for n, said in enumerate(("up", "ERROR connection refused", "still here"))]),
          _lines(f"api-1  | {T[0]} up", f"api-1  | {T[1]} ERROR request failed", *[f"api-1  | {line}" for line in JAVA.split("\n")], f"db-1   | {T[2]} still here"), (3, 3), REFUSED, (("ERROR", SQL),)),
    *_two("loki", json.dumps({"status": "success", "data": {"resultType": "streams", "result": [{"stream": {"app": "api", "pod": "api-1"}, "values": [
        [str(MS[n] * 10**6), said] for n, said in enumerate(("level=info msg=up", 'level=error msg="connection refused"', "level=info msg=still"))]}]}}),
          json.dumps({"streams": [{"stream": {"app": "api"}, "values": [[str(MS[0] * 10**6), "up"], [str(MS[1] * 10**6), PYTHON], [str(MS[2] * 10**6), "still"]]}]}),
          (3, 3), REFUSED, OPERATIONAL, suffix="json"),
    *_two("logcli", _lines(*[{"labels": {"app": "api"}, "line": said, "timestamp": T[n]} for n, said in enumerate(("INFO up", "ERROR connection refused", "INFO still"))]),
          _lines(*[{"labels": {"app": "api"}, "line": said, "timestamp": T[n]} for n, said in enumerate(("up", '{"level":"error","msg":"connection refused"}', "still"))]), (3, 3), REFUSED, REFUSED),
    *_two("cloudwatch", json.dumps({"events": [{"logStreamName": "s/1", "timestamp": MS[n], "message": said, "ingestionTime": MS[n], "eventId": str(n)}
                                               for n, said in enumerate(("START RequestId: x", "[ERROR] KeyError: 'user'", "END RequestId: x"))], "searchedLogStreams": []}, indent=4),
          "timestamp,message\n" + "".join(f'{MS[n]},"{said}"\n' for n, said in enumerate(("up", "2026-02-19T21:33:25.200Z 8f507cfc Task timed out after 2.02 seconds", "still"))),
          (3, 3), (("ERROR", "KeyError: 'user'"),), (("ERROR", "Task timed out after 2.02 seconds"),), suffix="csv.json"),
    *_two("alb", _lines(*[f'wss {T[n]} app/web/50dc 10.0.0.9:2817 10.0.0.1:80 0.000 0.001 0.000 {status} {status} 34 366 "GET https://a.example:443/ws HTTP/1.1" "curl/8" - - arn:x "Root=1-5" "-" "-" 0 {T[n]} "forward" "-" "-" "-" "-" "-" "-"'
                          for n, status in enumerate((101, 502, 101))]),
          _lines(*[f'https {T[n]} app/web/50dc 10.0.0.9:2817 - -1 -1 -1 {status} - 34 366 "GET https://a.example:443/api HTTP/1.1" "curl/8" - - arn:x "Root=1-5" "-" "-" 0 {T[n]} "forward" "-" "-" "-" "-" "-" "-"'
                   for n, status in enumerate((503, 503, 503))]), (3, 3), (("ERROR", "GET /ws HTTP 502"),), (("ERROR", "GET /api HTTP 503"),)),
    *_two("cloudflare", _lines(*[{"EdgeStartTimestamp": T[n], "EdgeResponseStatus": status, "ClientRequestMethod": "GET", "ClientRequestURI": "/ws", "RayID": str(n)} for n, status in enumerate((101, 522, 101))]),
          _lines(*[{"EdgeStartTimestamp": MS[n] * 10**6, "EdgeResponseStatus": 403, "ClientRequestMethod": "GET", "ClientRequestURI": "/ws"} for n in range(3)]),
          (3, 3), (("ERROR", "GET /ws HTTP 522"),), (("WARNING", "GET /ws HTTP 403"),)),
    *_two("azure", '"TimeGenerated [UTC]",ContainerAppName_s,RevisionName_s,Log_s\n' + "".join(f'"2/19/2026, 9:33:2{4 + n}.{n + 1}00 PM",api,api--1,"{said}"\n' for n, said in enumerate(("INFO up", "ERROR connection refused", "INFO still"))),
          "TimeGenerated,ContainerAppName_s,Log_s\n" + "".join(f'{T[n]},api,"{said}"\n' for n, said in enumerate(("up", "fail: Api.Db[0] connection refused", "still"))), (3, 3), REFUSED, REFUSED, suffix="csv"),
    *_two("otlp", json.dumps({"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "api"}}]}, "scopeLogs": [{"logRecords": [
        {"timeUnixNano": str(MS[n] * 10**6), "severityNumber": level, "body": {"stringValue": said}} for n, (level, said) in enumerate(((9, "up"), (17, "connection refused"), (9, "still")))]}]}]}),
          json.dumps({"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [
              {"timeUnixNano": str(MS[n] * 10**6), "severityText": level, "body": {"stringValue": said}, "attributes": [{"key": "exception.stacktrace", "value": {"stringValue": JAVA}}] if level == "ERROR" else []}
              for n, (level, said) in enumerate((("INFO", "up"), ("ERROR", "request failed"), ("INFO", "still")))]}]}]}), (3, 3), REFUSED, (("ERROR", SQL),), suffix="json"),
    *_two("nginx", _lines(f"2026/02/19 21:33:24 [notice] 1#1: start", '2026/02/19 21:33:25 [error] 29#29: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: , request: "GET /ws HTTP/1.1"', "2026/02/19 21:33:26 [notice] 1#1: still"),
          _lines(*[f'10.0.0.9 - - [19/Feb/2026:21:33:2{4 + n} +0000] "GET /ws HTTP/1.1" {status} 157 "-" "curl/8" "-"' for n, status in enumerate((101, 502, 101))]),
          (3, 3), (("ERROR", "connect() failed (111: Connection refused)"),), (("ERROR", "GET /ws HTTP 502"),)),
    *_two("nginx-json", _lines(*[{"time_iso8601": f"2026-02-19T21:33:2{4 + n}+00:00", "remote_addr": "10.0.0.9", "request": "GET /ws HTTP/1.1", "status": status, "request_time": "0.1"} for n, status in enumerate(("101", "502", "101"))]),
          _lines(*[{"time_local": f"19/Feb/2026:21:33:2{4 + n} +0000", "request_method": "GET", "request_uri": "/ws", "status": status} for n, status in enumerate((200, 503, 200))]),
          (3, 3), (("ERROR", "GET /ws HTTP 502"),), (("ERROR", "GET /ws HTTP 503"),)),
    *_two("apache", _lines(*[f"[Thu Feb 19 21:33:2{4 + n}.100000 2026] [proxy:{level}] [pid 7:tid 9] [client 10.0.0.9:4711] {said}" for n, (level, said) in enumerate((("notice", "up"), ("error", "AH00957: http: attempt to connect failed"), ("notice", "still")))]),
          _lines(*[f'10.0.0.9 - bob [19/Feb/2026:21:33:2{4 + n} +0000] "GET /ws HTTP/1.1" {status} 157' for n, status in enumerate((200, 503, 200))]),
          (3, 3), (("ERROR", "AH00957: http: attempt to connect failed"),), (("ERROR", "GET /ws HTTP 503"),)),
    *_two("uvicorn", _lines(f"{T[0]} INFO:     Started server process [1]", f'{T[1]} INFO:     10.0.0.9:4711 - "WebSocket /ws" 403', f"{T[1]} INFO:     connection rejected (403 Forbidden)", f"{T[2]} INFO:     connection closed"),
          _lines(f"{T[0]} INFO:     Started server process [1]", f"{T[1]} ERROR:    Exception in ASGI application", *PYTHON.split("\n"), f"{T[2]} INFO:     still"), (2 + 1, 3),
          (("WARNING", "WebSocket /ws HTTP 403"),), OPERATIONAL),
    *_text("gunicorn", head="[{t} +0000] [7] [{level}] ", level=("INFO", "ERROR"), stamps=[stamp[:19] for stamp in S]),
    *_text("spring", head="{t}  {level} 1 --- [api] [           main] c.acme.Api                               : ", level=("INFO", "ERROR")),
    *_text("postgres", head="{t} UTC [55] {level}:  ", level=("LOG", "ERROR"), stamps=[stamp.replace(",", ".") for stamp in S]),
    *_text("rails", head="I, [{t} #1]  {level} -- : ", level=("INFO", "ERROR"), stamps=[stamp.rstrip("Z") + "000" for stamp in T]),
    *_text("celery", head="[{t}: {level}/MainProcess] ", level=("INFO", "ERROR"), stamps=S),
    *_text("klog", head="{level}{t}       1 main.go:40] ", level=("I", "E"), stamps=[f"0219 21:33:2{4 + n}.100000" for n in range(3)]),
    *_text("loguru", head="{t} | {level}    | app.db:connect:12 - ", level=("INFO", "ERROR"), stamps=[stamp.replace(",", ".") for stamp in S]),
    *_text("zap-console", head="{t}\t{level}\tapi/main.go:4\t", level=("INFO", "ERROR")),
    *_text("rust-tracing", head="{t}  {level} app::db: ", level=("INFO", "ERROR")),
    *_text("python-logging", head="{t} - app.db - {level} - ", level=("INFO", "ERROR"), stamps=S),
    *_two("dotnet", _lines(f"{T[0]} info: Microsoft.Hosting.Lifetime[14]", "      Now listening on: http://[::]:8080", f"{T[1]} fail: Api.Db[0]", "      connection refused", f"{T[2]} info: Api.Db[0]", "      still here"),
          _lines(f"{T[0]} up", f"{T[1]} Unhandled exception. System.InvalidOperationException: No connection string", "   at Api.Db.Open() in /src/Db.cs:line 12", f"{T[2]} still"), (3, 3), REFUSED, (("CRITICAL", "InvalidOperationException: No connection string"),)),
    *_two("php", _lines("[19-Feb-2026 21:33:24 UTC] up", "[19-Feb-2026 21:33:25 UTC] PHP Fatal error:  Uncaught PDOException: connection refused in /var/www/db.php:3", "Stack trace:", "#0 {main}", "  thrown in /var/www/db.php on line 3", "[19-Feb-2026 21:33:26 UTC] still"),
          _lines("[19-Feb-2026 21:33:24] NOTICE: fpm is running, pid 1", "[19-Feb-2026 21:33:25] WARNING: [pool www] server reached pm.max_children setting (5)", "[19-Feb-2026 21:33:26] NOTICE: still"), (3, 3),
          (("CRITICAL", "PDOException: connection refused"),), (("WARNING", "[pool www] server reached"),)),
    *_two("go", _lines("2026/02/19 21:33:24 listening on :8080", "2026/02/19 21:33:25 dial tcp 10.0.0.5:5432: connect: connection refused", "2026/02/19 21:33:26 still"),
          _lines("2026/02/19 21:33:24 up", "2026/02/19 21:33:26 opening", "panic: runtime error: invalid memory address or nil pointer dereference", "[signal SIGSEGV: segmentation violation code=0x1]", "", "goroutine 1 [running]:", "main.run(0x0)", "\t/app/main.go:10 +0x1d", "exit status 2"),
          (3, 3), (("ERROR", "dial tcp 10.0.0.5:5432"),), (("CRITICAL", "panic: runtime error"),)),
    *_two("rust-panic", _lines(f"{T[0]}  INFO app: up", f"{T[2]}  INFO app: opening", "thread 'main' panicked at src/main.rs:10:5:", "no database", "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"),
          _lines(f"{T[0]}  INFO app: up", f"{T[2]}  INFO app: opening", "thread 'tokio-runtime-worker' panicked at 'no database', src/main.rs:10:5", "stack backtrace:", "   0: rust_begin_unwind"), (3, 3), (("CRITICAL", "no database"),), (("CRITICAL", "no database"),)),
    *_two("logfmt", _lines(f"time={T[0]} level=info msg=up", f'time={T[1]} level=error msg="connection refused"', f"time={T[2]} level=info msg=still"),
          _lines(f"ts={T[0]} caller=main.go:1 level=info msg=up", f'ts={T[1]} caller=main.go:4 level=error msg="request failed" err="connection refused"', f"ts={T[2]} caller=main.go:1 level=warn msg=slow"), (3, 3), REFUSED, (("ERROR", "request failed: connection refused"),)),
    *_two("heroku", _lines(f"{T[0]} app[web.1]: up", f"{T[1]} app[web.1]: Error: connection refused", f"{T[2]} heroku[web.1]: State changed from up to crashed"),
          _lines(f"{T[0]} app[web.1]: up", f'{T[1]} heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/ws" host=a.example status=503', f"{T[2]} app[web.1]: still"), (3, 3), (("ERROR", "Error: connection refused"),), (("ERROR", ""),)),
    *_two("elastic", json.dumps({"hits": {"hits": [{"_source": {"@timestamp": T[n], "log": {"level": level}, "message": said}} for n, (level, said) in enumerate((("info", "up"), ("error", "connection refused"), ("info", "still")))]}}),
          json.dumps({"hits": {"hits": [{"_source": {"@timestamp": T[n], "level": level, "message": said, "error": {"stack_trace": JAVA} if level == "error" else None}} for n, (level, said) in enumerate((("info", "up"), ("error", "request failed"), ("info", "still")))]}}),
          (3, 3), REFUSED, (("ERROR", SQL),), suffix="json"),
]  # fmt: skip
