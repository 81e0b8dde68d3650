"""Lines of servers, proxies and frameworks with a head of their own, described as in `line_formats` and tried before those."""

from __future__ import annotations

from lib.logs.sources.line_formats import LineFormat

_AGE = r"(?:(?P<age>[\dsmhdy]+)(?: ago)?(?: \(x\d+ over [\dsmhdy]+\))?|<unknown>)"
_METHOD = r"(?P<method>[A-Z]{{3,10}})"
_DAY_FIRST = r"(?P<time>\d\d/\w{{3}}/\d{{4}}[: ]\d\d:\d\d:\d\d(?:\.\d+)?)"

SERVER_FORMATS = (
    LineFormat(
        name="render",
        pattern=r"(?P<time>[A-Z][a-z]{{2}} \d{{1,2}} \d\d:\d\d:\d\d [AP]M) +{rest}",
        sample="Feb 19 09:33:24 PM  ==> Exited with status 1",
    ),
    LineFormat(
        name="jul",
        pattern=r"(?P<time>[A-Z][a-z]{{2}} \d{{1,2}}, \d{{4}} \d{{1,2}}:\d\d:\d\d [AP]M) +{rest}",
        sample="Feb 19, 2026 9:33:24 PM org.apache.catalina.core.StandardContext startInternal",
    ),
    LineFormat(
        name="stern",
        pattern=r"(?P<instance>[a-z0-9][a-z0-9-]*-[a-z0-9]{{8,10}}-[a-z0-9]{{5}}) (?P<service>[a-z0-9][a-z0-9-]*) {rest}",
        sample="api-7d9f7c4b5-x2x4z api 2026-02-19T21:33:24Z ERROR no tenant",
    ),
    LineFormat(
        name="heroku-router",
        pattern=r"(?:sock=\S+ )?at={level} (?:code=(?P<reason>\w+) )?(?:desc=\"(?P<desc>[^\"]*)\" )?"
        rf"method={_METHOD} path=(?:\"(?P<url>[^\"]*)\"|\S*) .*?"
        r"(?:service=(?P<latency_ms>\d+)ms )?status={status}\b.*",
        layer="edge",
        sample='at=error code=H12 desc="Request timeout" method=GET path="/ws" host=a.example dyno=web.1 connect=1ms '
        "service=30000ms status=503 bytes=0",
    ),
    LineFormat(
        name="gcloud-run",
        pattern=rf"{_METHOD} {{status}} (?P<url>https?://\S+)",
        layer="platform",
        sample="GET 503 https://api-x.a.run.app/ws",
    ),
    LineFormat(
        name="php-fpm-access",
        pattern=r"\S+ - +(?:\S+ +)?(?P<time>\d\d/\w{{3}}/\d{{4}}:\d\d:\d\d:\d\d [+-]\d{{4}}) {request} {status}\b.*",
        sample='127.0.0.1 -  19/Feb/2026:21:33:24 +0000 "GET /index.php" 500',
    ),
    LineFormat(
        name="compose-exit",
        pattern=r"(?P<instance>[a-z0-9][\w.-]{{0,80}}) (?P<text>exited with code [1-9]\d*(?: \(restarting\))?)",
        means="ERROR",
        sample="api-1 exited with code 1",
    ),
    LineFormat(
        name="kubectl-events",
        pattern=rf"(?:[\w.-]+ +)?{_AGE} +(?P<word>Normal|Warning) +"
        r"(?P<reason>\w+) +(?P<instance>[a-z.]+/[\w.-]+) +{text}",
        layer="platform",
        sample="4m41s       Warning   Unhealthy   pod/api-7d9f-x2x4z   Readiness probe failed: connection refused",
    ),
    LineFormat(
        name="kubectl-describe",
        pattern=r"(?P<word>Normal|Warning) +(?P<reason>[A-Z]\w+) +"
        rf"{_AGE} +"
        r"[\w.-]+(?:, \S+)? +{text}",
        layer="platform",
        sample="Warning  BackOff    4m53s (x72 over 20m)  kubelet            Back-off restarting failed container api",
    ),
    LineFormat(
        name="kubectl-describe",
        pattern=r"(?P<text>Reason: +(?:Error|OOMKilled|CrashLoopBackOff|ImagePullBackOff|ErrImagePull|InvalidImageName"
        r"|CreateContainer\w*Error|ContainerCannotRun|StartError|RunContainerError|Evicted|DeadlineExceeded)"
        r"|Exit Code: +[1-9]\d*)",
        means="ERROR",
        layer="platform",
        sample="Reason:       CrashLoopBackOff",
    ),
    LineFormat(
        name="haproxy",
        pattern=rf"\S+:\d+ \[{_DAY_FIRST}\] \S+ \S+ [\d/+-]+ {{status}} \d+ \S+ \S+ "
        r"(?P<reason>[\w-]{{2}})[^\"]* {request}.*",
        layer="edge",
        sample="10.0.1.2:33317 [19/Feb/2026:21:33:24.655] http-in static/srv1 10/0/30/-1/109 503 2750 - - SC-- 1/1/1/1/0 0/0 "
        '"GET /ws HTTP/1.1"',
    ),
    LineFormat(
        name="iis",
        pattern=rf"{{time}} \S+ {_METHOD} (?P<url>/\S*) \S+ \d+ \S+ \S+ \S+ (?:\S+ )?{{status}} (?P<reason>\d+) \d+.*",
        layer="edge",
        sample="2026-02-19 21:33:24 10.0.0.1 GET /ws - 443 - 10.0.0.9 curl/8 - 503 0 0 12",
    ),
    LineFormat(
        name="elb",
        pattern=r"{time} \S+ \S+:\d+ \S+ [\d.-]+ (?P<latency_s>[\d.-]+) [\d.-]+ {status} (?:\d{{3}}|-) \d+ \d+ {request}.*",
        layer="edge",
        sample='2026-02-19T21:33:24.123456Z lb 10.0.0.9:2817 10.0.0.1:80 0.00007 0.001 0.00005 502 502 0 29 "GET http://x/ws '
        'HTTP/1.1" "curl" - -',
    ),
    LineFormat(
        name="cloudfront",
        pattern=rf"(?P<time>\d{{{{4}}}}-\d\d-\d\d\t\d\d:\d\d:\d\d)\t\S+\t\d+\t\S+\t{_METHOD}\t\S+\t(?P<url>/\S*)\t{{status}}\t.*",
        layer="edge",
        sample="2026-02-19\t21:33:24\tFRA2\t2390\t10.0.0.9\tGET\td1.cloudfront.net\t/ws\t502\t-\tcurl",
    ),
    LineFormat(
        name="squid",
        pattern=rf"(?P<time>\d{{{{10}}}}\.\d{{{{3}}}}) +\d+ \S+ \w+/{{status}} \d+ {_METHOD} (?P<url>\S+) .*",
        layer="edge",
        sample="1771536804.123    12 10.0.0.9 TCP_MISS/503 4000 GET http://x/ws - HIER_NONE/- text/html",
    ),
    LineFormat(
        name="gin",
        pattern=rf"\[GIN\] (?P<time>\d{{{{4}}}}/\d\d/\d\d - \d\d:\d\d:\d\d) *\| *{{status}} *\|[^|]*\|[^|]*\| *{_METHOD} +"
        r"\"(?P<url>[^\"]+)\".*",
        sample='[GIN] 2026/02/19 - 21:33:24 | 500 |      1.2ms |       10.0.0.9 | GET      "/ws"',
    ),
    LineFormat(
        name="cef",
        pattern=r"(?:{instance} )?CEF:\d+\|[^|]*\|[^|]*\|[^|]*\|(?P<text>[^|]*\|[^|]*)\|(?P<cef>\d{{1,2}}|[A-Z][A-Za-z-]+)\|.*",
        layer="edge",
        sample="host CEF:0|Example|WAF|1.0|403|Request blocked|8|src=10.0.0.9 dst=10.0.0.1 request=/ws",
    ),
    LineFormat(
        name="openstack",
        pattern=r"\d+ {level} \S+ \[[^\]]*\] \S+ {request} status: {status} "
        r"len: \d+ (?:microversion: \S+ )?time: (?P<latency_s>[\d.]+)",
        sample='25746 INFO nova.wsgi.server [req-1 - - -] 10.0.0.9 "GET /ws HTTP/1.1" status: 503 len: 296 time: 0.0926130',
    ),
    LineFormat(
        name="supercomputer",
        pattern=r"(?:-|[A-Z]+) (?P<time>\d{{10}}) \d{{4}}\.\d\d\.\d\d (?P<instance>\S+) "
        r"(?:\S+ \S+ [A-Z]+ [A-Z]+ (?={level} ))?{rest}",
        sample="- 1771536804 2026.02.19 R02-M1 2026-02-19-21.33.24.363779 R02-M1 RAS KERNEL FATAL data TLB error interrupt",
    ),
    LineFormat(
        name="fiber",
        pattern=rf"{{clock}} \| *{{status}} *\|[^|]*\|[^|]*\| *{_METHOD} *\| *(?P<url>/\S*)(?: *\| *{{text}})?",
        sample="21:33:24 | 500 |   1.2ms |   10.0.0.9 | GET     | /ws       | no token",
    ),
    LineFormat(
        name="sanic",
        pattern=rf"\[{{time}}\] - \(sanic\.access\)\[{{level}}\]\[[^\]]*\]: {_METHOD} (?P<url>\S+) +{{status}}\b.*",
        sample="[2026-02-19 21:33:24 +0000] - (sanic.access)[INFO][10.0.0.9:1]: GET http://x/ws  500 45",
    ),
    LineFormat(
        name="django",
        pattern=rf"\[{_DAY_FIRST}\] {{request}} {{status}} (?:\d+|-)",
        sample='[19/Feb/2026 21:33:24] "GET /ws HTTP/1.1" 500 145',
    ),
    LineFormat(
        name="channels",
        pattern=rf"(?:\S+ - - \[{_DAY_FIRST}\] )?\"?(?P<text>(?:WSREJECT|WebSocket REJECT) /.*?)\"?(?: - -)?",
        means="WARNING",
        sample='10.0.0.9:1234 - - [19/Feb/2026:21:33:24] "WSREJECT /ws" - -',
    ),
    LineFormat(
        name="channels",
        pattern=rf"\S+ - - \[{_DAY_FIRST}\] \"(?P<text>WS[A-Z]+ /.*?)\" - -",
        means="INFO",
        sample='10.0.0.9:1234 - - [19/Feb/2026:21:33:24] "WSCONNECTING /ws" - -',
    ),
    LineFormat(
        name="phoenix-socket",
        pattern=r"(?:{clock} (?:[\w.]+=\S+ )*\[{level}\] )?(?P<text>REFUSED CONNECTION TO \S+)(?: in \S+)?",
        means="WARNING",
        sample="21:33:24.075 pid=<0.556.0> [info] REFUSED CONNECTION TO App.UserSocket in 379µs",
    ),
    LineFormat(
        name="phoenix",
        pattern=r"(?:{clock} (?:[\w.]+=\S+ )*\[{level}\] )?Sent {status} in (?:(?P<latency_ms>\d+)ms|\S+)",
        sample="21:33:24.103 request_id=F1 [info] Sent 503 in 13ms",
    ),
    LineFormat(
        name="uwsgi",
        pattern=rf"\[pid: [^\]]*\] \S+ \(\S*\) \{{{{[^}}}}]*\}}}} \[(?P<time>[^\]]{{{{20,30}}}})\] {_METHOD} (?P<url>\S+) => .*?"
        r"in (?P<latency_ms>\d+) msecs \(HTTP/[\d.]+ {status}\).*",
        sample="[pid: 24|app: 0|req: 1/1] 10.0.0.9 () {58 vars in 1233 bytes} [Thu Feb 19 21:33:24 2026] GET /ws => generated 0 "
        "bytes in 0 msecs (HTTP/1.1 503) 0 headers in 0 bytes (4 switches on core 999)",
    ),
    LineFormat(
        name="channels",
        pattern=rf"HTTP {_METHOD} (?P<url>/\S*) {{status}} \[(?P<latency_s>[\d.]+), .*",
        sample="HTTP GET /ws 500 [0.01, 10.0.0.9:1234]",
    ),
    LineFormat(
        name="tornado",
        pattern=r"\[(?P<letter>[DIWEC]) (?P<time>\d{{6}} \d\d:\d\d:\d\d) [\w.-]+:\d+\] {text}",
        sample="[E 260219 21:33:24 web:1788] Uncaught exception GET /ws (10.0.0.9)",
    ),
    LineFormat(
        name="spdlog",
        pattern=r"\[{time}\] ?(?:\[[^\]\d][^\]]*\] ?|\[\d+\])\[{level}\](?: ?\[(?:[^\]/]+|[^\]]+:\d+)\])* {text}",
        sample="[2026-02-19 21:33:24.123][1][critical][main] [source/server/server.cc:112] error initializing configuration",
    ),
    LineFormat(
        name="jetty",
        pattern=r"{time}:{level}:[^:]*:[^:]*: {text}",
        sample="2026-02-19 21:33:24.123:WARN:oejs.HttpChannel:qtp1-14: /ws",
    ),
    LineFormat(name="nlog", pattern=r"{time}\|{level}\|[^|]*\|{text}", sample="2026-02-19 21:33:24.1234|ERROR|App.Ws|no tenant"),
    LineFormat(
        name="nats",
        pattern=r"\[\d+\] {slashtime} \[(?P<word>TRC|DBG|INF|WRN|ERR|FTL)\] {text}",
        sample="[1] 2026/02/19 21:33:24.123456 [ERR] 10.0.0.9:1 - cid:5 - authentication error",
    ),
    LineFormat(
        name="zerolog",
        pattern=r"{time} (?P<word>TRC|DBG|INF|WRN|ERR|FTL|PNC) {text}",
        sample='2026-02-19T21:33:24Z ERR Unable to reach the origin service error="dial tcp: refused"',
    ),
    LineFormat(
        name="zap",
        pattern=r"{slashtime}\t{level}\t(?:(?P<logger>[\w.]+)\t)?(?P<text>.*?)(?:\t{fields})?",
        sample="2026/02/19 21:33:24.123\tERROR\thttp.log.error\tdial tcp 127.0.0.1:8080: connect: connection refused",
    ),
    LineFormat(
        name="glog",
        pattern=r"{letter}(?P<time>\d{{8}} \d\d:\d\d:\d\d\.\d+) +\d+ [^\] ]+:\d+\] {text}",
        sample="E20260219 21:33:24.123456 123 ws.cc:12] handshake refused",
    ),
    LineFormat(
        name="absl",
        pattern=r"{time}: (?P<letter>[EWIF]) \S+:\d+\] {text}",
        sample="2026-02-19 21:33:24.123456: E server/ws.cc:1] handshake refused",
    ),
    LineFormat(
        name="libwebsockets",
        pattern=r"\[{slashtime}(?::\d+)?\] (?P<letter>[EWNID]): {text}",
        sample="[2026/02/19 21:33:24:1234] E: lws_ssl_client failed",
    ),
    LineFormat(
        name="android",
        pattern=r"(?P<time>\d\d-\d\d \d\d:\d\d:\d\d\.\d+) +\d+ +\d+ (?P<letter>[VDIWEFA]) [^:]*: {text}",
        sample="02-19 21:33:24.123  1234  1234 E OkHttp  : handshake refused",
    ),
    LineFormat(
        name="airflow",
        pattern=r"\[(?P<time>\d{{4}}-\d\d-\d\d, \d\d:\d\d:\d\d [A-Z]+)\] \{{[^}}]*\}} {level} - {text}",
        sample="[2026-02-19, 21:33:24 UTC] {taskinstance.py:1} ERROR - Task failed with exception",
    ),
    LineFormat(
        name="swift-log",
        pattern=r"{time} {level} [\w.-]+ ?:(?: [\w.-]+=\S+)* (?=\[\w+\]){text}",
        sample="2026-02-19T21:33:24+0000 error codes.vapor.application : [Vapor] no tenant",
    ),
    LineFormat(
        name="tomcat",
        pattern=r"(?P<time>\d\d-[A-Z][a-z]{{2}}-\d{{4}} \d\d:\d\d:\d\d(?:\.\d+)?) {rest}",
        sample="19-Feb-2026 21:33:24.123 SEVERE [main] org.apache.catalina.core.StandardService Failed to initialize connector",
    ),
)
"""Each with a line that it is for."""
