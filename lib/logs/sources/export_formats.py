"""What consoles, collectors and process managers put before another program's line, described as in `line_formats`."""

from __future__ import annotations

from lib.logs.sources.line_formats import LineFormat

_ISO = r"(?P<time>\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)"
_EPOCH = r"(?P<time>\d{{13}}(?:\d{{3}}|\d{{6}})?)"

EXPORT_FORMATS = (
    LineFormat(
        name="grafana",
        pattern=rf"\d{{{{13,19}}}}\t{_ISO}\t{{rest}}",
        sample="1771536804896\t2026-02-19T21:33:24.896Z\tERROR boom",
    ),
    LineFormat(
        name="cloudwatch",
        pattern=rf"EVENTS\t(?:[\d\w]{{{{20,80}}}}\t)?\d{{{{13}}}}\t(?:(?P<instance>[^\t]{{{{1,300}}}})\t)?(?P<rest>[^\t].*)\t{_EPOCH}",
        sample="EVENTS\t38219000000000000000000000000000\t1771536804901\tapi/1\tERROR boom\t1771536804896",
    ),
    LineFormat(
        name="papertrail",
        pattern=rf"\d{{{{6,20}}}}\t{_ISO}\t\S+\t\d+\t{{instance}}\t[\d.a-f:]+\t\w+\t{{level}}\t{{service}}\t{{rest}}",
        sample="7711561783320576\t2026-02-19T21:33:24Z\t2026-02-19T21:33:24Z\t2\tweb1\t10.0.0.1\tUser\tError\tapi\tboom",
    ),
    LineFormat(
        name="pm2",
        pattern=r"\d{{1,3}}\|(?P<service>[\w.-]{{1,60}}) +\| {rest}",
        sample="0|api  | 2026-02-19T21:33:24: Error: boom",
    ),
    LineFormat(
        name="swarm",
        pattern=r"(?P<service>[a-z0-9][\w.-]{{0,80}})@(?P<instance>[\w.-]{{1,80}}) +\| {rest}",
        sample="web_api.1.k3jd8@node1    | 2026-02-19T21:33:24Z ERROR boom",
    ),
)
"""Each with a line that it is for."""

LAST_FORMATS = (
    LineFormat(name="timed", pattern=r"{syslogtime} {rest}", sample="Feb 19 21:33:24 ERROR api: boom"),
    LineFormat(name="journald", pattern=r"{instance} {service}\[\d+\]: {rest}", sample="host api[12]: ERROR boom"),
    LineFormat(
        name="timed",
        pattern=r"[\[(<]?{anytime}[\])>]?[,:;]?[ \t|-]+{rest}",
        sample="26/02/19 21:33:24 ERROR executor.Executor: Exception in task 21.0",
    ),
    LineFormat(
        name="named",
        pattern=r"\[?(?P<instance>[a-z][\w./@:-]{{0,100}}?)\]?:?(?: \[?(?P<service>[a-z][\w./@-]{{0,80}})\]?)? [|›>]? ?"
        rf"\[?{_ISO}"
        r"\]?:?[ \t]{rest}",
        sample="[api-7d9f] 2026-02-19T21:33:24Z ERROR boom",
    ),
    LineFormat(
        name="timed",
        pattern=rf"{_ISO}: {{rest}}",
        sample="2026-02-19T21:33:24: Error: connection refused",
    ),
)
"""Tried behind all others: a name or two, then the moment."""
