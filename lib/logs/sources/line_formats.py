"""How each logger writes lines of text, described and not programmed: a new format is one entry here, with a line that it is for.

A pattern names its parts in braces; `{rest}` is a line of its own, in whatever format.
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.logs.sources.formats import Layer
from lib.logs.sources.moments import ZONES
from lib.logs.sources.severities import WORDS

_DATE = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONE = rf"(?: ?(?:Z|(?:{'|'.join(ZONES)})(?![A-Za-z])|[+-]\d\d:?\d\d))?"
_ANY_TIMES = (
    rf"(?:{_DATE}|\d{{2,4}}/\d\d/\d{{2,4}}|\d{{4}}\.\d\d\.\d\d|\d\d\.\d\d(?:\.\d{{4}})?),?[ T]{_CLOCK}{_ZONE}(?: [AP]M)?",
    rf"\d{{8}}[-_ T](?:\d\d?:\d\d?:\d\d?(?:[:.,]\d{{1,9}})?|\d{{6}}(?:[.,]\d{{1,9}})?){_ZONE}",
    r"\d{6} (?:\d{6}| ?\d\d?:\d\d:\d\d)",
    rf"{_DATE}-\d\d\.\d\d\.\d\d\.\d{{6}}",
    rf"(?:[A-Z][a-z]{{2}},? )?\d\d? [A-Z][a-z]{{2}} \d{{4}},? {_CLOCK}{_ZONE}",
    rf"(?:[A-Z][a-z]{{2}} )?[A-Z][a-z]{{2}} [ \d]?\d,? (?:{_CLOCK}{_ZONE} \d{{4}}|\d{{4}},? {_CLOCK}{_ZONE})",
    r"\d{10}(?:\.\d{1,9}|\d{3})?",
)
"""Moments as a line may begin with, in spellings that would say something else inside of it."""
FRAGMENTS = {
    "time": rf"(?P<time>{_DATE}[T ]{_CLOCK}{_ZONE})",
    "slashtime": rf"(?P<time>\d{{4}}/\d\d/\d\d {_CLOCK})",
    "accesstime": r"\[(?P<time>\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]",
    "apachetime": r"\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4})\]",
    "phptime": r"\[(?P<time>\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)(?: [A-Za-z_/]+)?\]",
    "syslogtime": r"(?P<time>[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d(?:\.\d+)?)",
    "anytime": rf"(?:[+-]\d{{4}} )?(?P<time>{'|'.join(_ANY_TIMES)})",
    "clock": rf"(?P<time>{_CLOCK}|\d{{1,2}}:\d\d(?:AM|PM))",
    "nesttime": r"(?P<time>\d\d/\d\d/\d{4},? \d{1,2}:\d\d:\d\d(?: [AP]M)?)",
    "level": rf"(?P<level>(?i:{'|'.join(sorted(WORDS, key=lambda word: (-len(word), word)))})(?![A-Za-z0-9]))",
    "letter": r"(?P<letter>[A-Z])",
    "text": r"(?P<text>.*)",
    "fields": r"(?P<fields>\{\".*\})",
    "rest": r"(?P<rest>.*)",
    "request": r"\"(?:(?P<method>[A-Z]{3,10}|WebSocket) (?P<url>\S{1,8000}?)(?: HTTP/[0-9.]+)?|[^\"]{0,8000})\"",
    "status": r"(?P<status>[1-5]\d\d)",
    "agent": r"\"(?P<agent>[^\"]{0,2000})\"",
    "instance": rf"(?P<instance>(?!(?i:{'|'.join(WORDS)})(?![\w.-]))[A-Za-z0-9][A-Za-z0-9_.-]{{0,200}})",
    "service": r"(?P<service>[A-Za-z0-9][A-Za-z0-9_./@-]{0,100}(?:\([\w-]{1,40}\))?)",
    "trace": r"(?P<trace>[0-9a-fA-F]{32}|[0-9a-f-]{36})",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LineFormat:
    """A line of text. `sample` is a line that it is for; `means` the severity where the format itself is one (a panic)."""

    name: str
    pattern: str
    sample: str
    layer: Layer | None = None
    means: str | None = None
    scale: str | None = None


LINE_FORMATS = (
    # What stands before another's line.
    LineFormat(
        name="cri",
        pattern=r"{time} (?P<stream>stdout|stderr) (?P<part>[FP])(?::\S*)? {rest}",
        sample="2026-02-19T21:33:24.896481Z stderr F ERROR: boom",
    ),
    LineFormat(name="compose", pattern=r"(?P<instance>[a-z0-9][\w.-]{{0,80}}) +\| {rest}", sample="api-1  | ERROR: boom"),
    LineFormat(
        name="kubectl",
        pattern=r"\[pod/(?P<instance>[\w.-]+)/(?P<service>[\w.-]+)\] {rest}",
        sample="[pod/api-7f-x/api] ERROR: boom",
    ),
    LineFormat(
        name="syslog",
        pattern=r"<(?P<priority>\d{{1,3}})>1 {time} {instance} {service} \S+ \S+ (?:(?:-"
        r"|\[[^\]]*\])(?: |$))?{rest}",
        sample="<11>1 2026-02-19T21:33:24.896Z host api 12 - - connection refused",
        scale="syslog",
    ),
    LineFormat(
        name="syslog",
        pattern=r"<(?P<priority>\d{{1,3}})>{syslogtime} {instance} {service}(?:\[\d+\])?: {rest}",
        sample="<11>Feb 19 21:33:24 host api[12]: connection refused",
        scale="syslog",
    ),
    LineFormat(
        name="journald",
        pattern=r"{syslogtime} {instance} {service}(?:\[\d+\])?: {rest}",
        sample="Feb 19 21:33:24 host api[12]: ERROR: boom",
    ),
    LineFormat(
        name="journald",
        pattern=r"{time} {instance} {service}(?:\[\d+\]|(?<=kernel)): {rest}",
        sample="2026-02-19T21:33:24+0000 host api[12]: ERROR: boom",
    ),
    LineFormat(
        name="heroku",
        pattern=r"{time} (?P<service>app|heroku)\[(?P<instance>[\w.-]+)\]: {rest}",
        sample="2026-02-19T21:33:24.896481+00:00 app[web.1]: Error: boom",
    ),
    LineFormat(
        name="syslog-priority",
        pattern=r"<(?P<priority>1[0-8]\d|19[01]|[1-9]?\d)>{rest}",
        sample="<3>connection refused",
        scale="syslog",
    ),
    # Access lines.
    LineFormat(
        name="alb",
        pattern=r"(?:https?|h2|wss?"
        r"|grpcs) {time} \S+ \S+ \S+ [\d.-]+ (?P<latency_s>[\d.-]+) [\d.-]+ {status} "
        r"(?:\d{{3}}|-) \d+ \d+ {request} {agent}.*",
        layer="edge",
        sample="wss 2026-02-19T21:33:24.896481Z app/web/50dc6c49 10.0.0.9:2817 10.0.0.1:80 0.000 0.001 0.000 502 "
        "502 34 366 "
        '"GET https://a.example:443/ws HTTP/1.1" "curl/8" - - arn:aws:x "Root=1-5833" "-" "-" 0',
    ),
    LineFormat(
        name="envoy",
        pattern=r"\[{time}\] {request} (?P<status>\d{{1,3}}) (?P<reason>\S+) .*",
        layer="edge",
        sample='[2026-02-19T21:33:24.896Z] "GET /ws HTTP/1.1" 503 UF 0 91 3 - "-" "curl/8" "id" "host" "10.0.0.1:80"',
    ),
    LineFormat(
        name="combined",
        pattern=r"(?:\S+ )?\S+ \S+ \S+ {accesstime} {request} {status} (?:\d+"
        r"|-)(?: \"[^\"]{{0,2000}}\" {agent})?.*",
        layer="edge",
        sample='10.0.0.9 - - [19/Feb/2026:21:33:24 +0000] "GET /ws HTTP/1.1" 502 157 "-" "curl/8"',
    ),
    LineFormat(
        name="uvicorn",
        pattern=r"(?:{level}:?\s+)?\S+ - {request} (?P<status>[1-5]\d\d|\[accepted\]).*",
        sample='INFO:     10.0.0.9:4711 - "WebSocket /ws" 403',
    ),
    LineFormat(
        name="uvicorn-rejected",
        pattern=r"(?:{level}:?\s+)?(?P<text>connection rejected \(\d{{3}}[^)]*\))",
        means="WARNING",
        sample="INFO:     connection rejected (403 Forbidden)",
    ),
    LineFormat(
        name="werkzeug",
        pattern=r"(?:{level}:\S+:)?\S+ - - \[(?P<time>\d\d/\w{{3}}/\d{{4}} \d\d:\d\d:\d\d)\] "
        r"{request} {status} -",
        sample='10.0.0.9 - - [19/Feb/2026 21:33:24] "GET /x HTTP/1.1" 500 -',
    ),
    LineFormat(
        name="morgan",
        pattern=r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD"
        r"|OPTIONS) (?P<url>/\S*) {status} (?P<latency_ms>[\d.]+) ms.*",
        sample="GET /ws 503 12.345 ms - 21",
    ),
    LineFormat(
        name="rails-request",
        pattern=r"(?:\[[\w-]+\] )?Completed {status} .{{1,40}} in (?P<latency_ms>\d+)ms.*",
        sample="Completed 500 Internal Server Error in 12ms (ActiveRecord: 0.0ms)",
    ),
    # Lines with a head of their own.
    LineFormat(
        name="nginx",
        pattern=r"{slashtime} \[{level}\] \d+#\d+: (?:\*\d+ )?(?P<text>.*?)(?:, client: .*)?",
        sample="2026/02/19 21:33:24 [error] 29#29: *1 connect() failed (111: Connection refused) while connecting to upstream",
        layer="edge",
    ),
    LineFormat(
        name="apache",
        pattern=r"{apachetime} \[(?:\w+:)?{level}\](?: \[pid[^\]]*\])?(?: \[client [^\]]*\])? {text}",
        sample="[Thu Feb 19 21:33:24.896 2026] [proxy:error] [pid 7:tid 9] (111)Connection refused: AH00957: "
        "http: attempt failed",
        layer="edge",
    ),
    LineFormat(
        name="spring",
        pattern=r"{time}\s+{level} +\d+ --- (?:\[[^\]]*\] ?){{1,3}}\s*\S+ *: {text}",
        sample="2026-02-19T21:33:24.896Z ERROR 1 --- [           main] o.s.boot.SpringApplication              "
        " : Application run failed",
    ),
    LineFormat(
        name="klog",
        pattern=r"{letter}(?P<time>\d{{4}} \d\d:\d\d:\d\d\.\d+) +\d+ [^\] ]+:\d+\] {text}",
        sample="E0219 21:33:24.373119       1 main.go:40] failed to list *v1.Pod: Unauthorized",
    ),
    LineFormat(
        name="loguru",
        pattern=r"{time} \| {level} *\| [^|]*? - {text}",
        sample="2026-02-19 21:33:24.896 | ERROR    | app.db:connect:12 - could not connect",
    ),
    LineFormat(
        name="structlog",
        pattern=r"{time} \[{level} *\] {text}",
        sample="2026-02-19T21:33:24Z [error    ] could not connect             [app.db]",
    ),
    LineFormat(
        name="ruby",
        pattern=r"[DIWEFA], \[{time}(?: #\d+)?\] +{level} -- [^:]*: (?:\[[^\]\s]{{8,80}}\] )*{text}",
        sample="E, [2026-02-19T21:33:24.000000 #1] ERROR -- : boom",
    ),
    LineFormat(
        name="celery",
        pattern=r"\[{time}: {level}/[\w-]+\] {text}",
        sample="[2026-02-19 21:33:24,896: ERROR/MainProcess] consumer: Cannot connect to redis",
    ),
    LineFormat(
        name="gunicorn",
        pattern=r"\[{time}\] \[\d+\] \[{level}\] {text}",
        sample="[2026-02-19 21:33:24 +0000] [12] [ERROR] Exception in worker process",
    ),
    LineFormat(
        name="monolog",
        pattern=r"\[{time}\] [\w-]+\.{level}: (?P<text>.*?)"
        r"(?: \{{(?:\"[\w.-]+\":[^{{}}]{{0,500}},)?\"exception\":.*)?(?: (?:\[\]|\{{\}})){{0,2}}\s*",
        sample='[2026-02-19T21:33:24.896+00:00] app.ERROR: boom {"a":1} []',
    ),
    LineFormat(
        name="php",
        pattern=r"(?:{phptime} )?PHP (?P<php>Fatal error|Parse error|Warning|Notice|Deprecated"
        r"|Recoverable fatal error): +{text}",
        sample="PHP Fatal error:  Uncaught Error: Call to undefined function foo() in /var/www/index.php:3",
    ),
    LineFormat(
        name="php-fpm",
        pattern=r"{phptime} {level}: {text}",
        sample="[19-Feb-2026 21:33:24] WARNING: [pool www] server reached pm.max_children",
    ),
    LineFormat(
        name="postgres",
        pattern=r"{time} \[\d+\](?: \S+@\S+)?:? +(?:\[[\d-]+\] +)?(?:\S+ )?{level}: +{text}",
        sample='2026-02-19 21:33:24.896 UTC [55] FATAL:  password authentication failed for user "postgres"',
    ),
    LineFormat(
        name="postgres",
        pattern=r"{time}:[^:\s]*:[^:\s]*@[^:\s]*:\[\d+\]:{level}: +{text}",
        sample='2026-02-19 21:33:24 UTC:10.0.0.9(4711):api@app:[78]:ERROR:  relation "users" does not exist',
    ),
    LineFormat(
        name="mysql",
        pattern=r"{time} \d+ \[(?:{level}|(?P<word>System))\] (?:\[MY-\d+\] \[\w+\] )?{text}",
        sample="2026-02-19T21:33:24.896481Z 0 [ERROR] [MY-010119] [Server] Aborting",
    ),
    LineFormat(
        name="redis",
        pattern=r"\d+:[XCSM] (?P<time>\d\d \w{{3}} \d{{4}} \d\d:\d\d:\d\d\.\d+) (?P<mark>[.*#-]) {text}",
        sample="1:M 19 Feb 2026 21:33:24.896 # Can't save in background: fork: Cannot allocate memory",
    ),
    LineFormat(
        name="nest",
        pattern=r"\[Nest\] \d+ +- +{nesttime} +{level} {text}",
        sample="[Nest] 1  - 02/19/2026, 1:20:07 PM   ERROR [Scheduler] password authentication failed",
    ),
    LineFormat(
        name="zap",
        pattern=r"{time}\t{level}\t(?:(?P<logger>[\w ./@-]+)\t)?(?:\S+:\d+\t)?(?P<text>[^{{].*?)(?:\t{fields})?",
        sample='2026-02-19T21:33:24.896Z\tERROR\tapp/main.go:40\tdial failed\t{"a":1}',
    ),
    LineFormat(
        name="lambda",
        pattern=r"{time}\t[0-9a-f-]{{36}}\t{level}\t{text}",
        sample="2026-02-19T21:33:24.896Z\t8f507cfc-0000-4000-8000-000000000000\tERROR\tInvoke Error",
    ),
    LineFormat(
        name="lambda",
        pattern=r"\[{level}\]\t{time}\t[0-9a-f-]{{36}}\t{text}",
        sample="[ERROR]\t2026-02-19T21:33:24.896Z\t8f507cfc-0000-4000-8000-000000000000\tboom",
    ),
    LineFormat(
        name="lambda",
        pattern=r"{time} [0-9a-f-]{{1,36}} (?P<text>Task timed out after .*)",
        means="ERROR",
        sample="2026-02-19T21:33:24.896Z 8f507cfc-0000-4000-8000-000000000000 Task timed out after 2.02 seconds",
    ),
    LineFormat(
        name="rust", pattern=r"\[{time} {level} +[\w:]+\] {text}", sample="[2026-02-19T21:33:24Z ERROR app::db] could not connect"
    ),
    LineFormat(
        name="rust",
        pattern=r"{time} +{level} +(?:ThreadId\(\d+\) )?(?:\w+(?:\{{[^{{}}]*\}})?:)*\s?[a-z]\w*(?:::\w+)+: {text}",
        sample="2026-02-19T21:33:24.896Z ERROR app::db: could not connect",
    ),
    LineFormat(
        name="logrus",
        pattern=r"(?P<level>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[(?P<seconds>\d+"
        r"|[^\]]{{10,40}})\] {text}",
        sample="ERRO[0012] dial failed                                   host=db",
    ),
    LineFormat(
        name="zerolog",
        pattern=r"(?:{clock}|{time}) (?P<word>TRC|DBG|INF|WRN|ERR|FTL|PNC) {text}".replace("|{time}", ""),
        sample='3:04PM ERR dial failed error="connection refused"',
    ),
    LineFormat(
        name="serilog", pattern=r"\[{clock} (?P<word>VRB|DBG|INF|WRN|ERR|FTL)\] {text}", sample="[21:33:24 ERR] could not connect"
    ),
    LineFormat(
        name="dotnet",
        pattern=r"(?P<word>trce|dbug|info|warn|fail|crit): (?P<logger>[\w.`+]+)\[\d+\]\s*{text}",
        sample="fail: Microsoft.AspNetCore.Server.Kestrel[13]\n      Connection id failed",
    ),
    LineFormat(
        name="elixir",
        pattern=r"{clock} (?:[\w.]+=\S+ )*\[{level}\] {text}",
        sample="21:33:24.123 request_id=F1 [error] GenServer terminating",
    ),
    LineFormat(name="haproxy", pattern=r"\[{level}\] +\(\d+\) : {text}", sample="[ALERT]    (1) : config : parsing failed"),
    LineFormat(name="python", pattern=r"{level}:(?P<logger>[\w.]+):{text}", sample="ERROR:root:boom"),
    LineFormat(name="letter", pattern=r"(?P<letter>[EWFIDC])[ /]{time}:? +{text}", sample="E 2026-02-19 21:33:24 boom"),
    LineFormat(name="letter", pattern=r"{time} +(?P<letter>[EWFIDC]) +{text}", sample="2026-02-19 21:33:24.896 E api: boom"),
    LineFormat(name="npm", pattern=r"npm (?P<word>ERR!|error|WARN|warn) {text}", sample="npm ERR! missing script: start"),
    # What tells of the end without naming a level.
    LineFormat(
        name="go-panic",
        pattern=r"(?:panic|fatal error): {text}",
        means="CRITICAL",
        sample="panic: runtime error: invalid memory address",
    ),
    LineFormat(
        name="rust-panic",
        pattern=r"thread '[^']*'(?: \(\d+\))? panicked at {text}",
        means="CRITICAL",
        sample="thread 'main' panicked at src/main.rs:10:5:",
    ),
    LineFormat(
        name="python-traceback",
        pattern=r"Traceback \(most recent call last\):{text}",
        means="ERROR",
        sample="Traceback (most recent call last):",
    ),
    LineFormat(
        name="dotnet-unhandled",
        pattern=r"Unhandled exception[.:] ?{text}",
        means="CRITICAL",
        sample="Unhandled exception. System.InvalidOperationException: x",
    ),
    LineFormat(
        name="java-uncaught",
        pattern=r"Exception in thread \"[^\"]*\" {text}",
        means="ERROR",
        sample='Exception in thread "main" java.lang.IllegalStateException: x',
    ),
    LineFormat(
        name="node-unhandled",
        pattern=r"\(node:\d+\) (?:\[[A-Z0-9]+\] "
        r")?(?P<word>UnhandledPromiseRejectionWarning|Warning|DeprecationWarning|"
        r"MaxListenersExceededWarning|ExperimentalWarning): {text}",
        sample="(node:1) UnhandledPromiseRejectionWarning: Error: connect ECONNREFUSED",
    ),
    LineFormat(
        name="go",
        pattern=r"{slashtime} (?:[\w/.-]+\.go:\d+: )?{rest}",
        sample="2026/02/19 21:33:24 System halted: REDIS_HOST secret missing",
    ),
    LineFormat(
        name="timed",
        pattern=r"(?P<time>\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}}| [AP]M)?) +{rest}",
        sample="21:33:24,123 ERROR [org.jboss.as] (Controller Boot Thread) Operation failed",
    ),
    LineFormat(name="timed", pattern=r"\[?{time}\]?[ \t]{rest}", sample="2026-02-19T21:33:24.896Z ERROR boom"),
    LineFormat(
        name="timed",
        pattern=r"(?:{phptime}|{phptime})\s+{rest}".replace("(?:{phptime}|{phptime})", "{phptime}"),
        sample="[19-Feb-2026 21:33:24 UTC] ERROR boom",
    ),
)
"""Tried in this order; what none of them fits is text, whose level is looked for in its first words."""

WORDS_OF_FORMATS = {
    "Normal": "INFO", "System": "INFO", "UnhandledPromiseRejectionWarning": "ERROR",
    "Warning": "WARNING", "DeprecationWarning": "WARNING",
        "ExperimentalWarning": "WARNING",
    "MaxListenersExceededWarning": "WARNING", "ERR!": "ERROR", "Fatal error": "CRITICAL", "Parse error": "CRITICAL",
        "Notice": "NOTICE",
    "Deprecated": "WARNING", "Recoverable fatal error": "ERROR",
}  # fmt: skip
"""Words that stand for a level in one format only."""
