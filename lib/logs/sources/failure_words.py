"""What a line without a level says: that something failed, in the few words that programs and their libraries use for it.

First all is taken away that names a failure and tells of none: counts of zero, settings, handlers, paths. What is left is read.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TROUBLE = (
    r"(?:errors?|err|exceptions?|fail(?:ed|ures?|s|ing)?|fatals?|panics?|crash(?:es|ed)?|timeouts?|warnings?|denied"
    r"|rejected|refused"
    r"|invalid|missing|expired|unhealthy|unreachable|unavailable|uncaught\w*|unhandled\w*|deadlocks?|abort(?:ed)?|corrupt(?:ed)?"
    r"|mismatch(?:es)?|dropped|lost|killed|exhausted|exceeded|skipped|faults?|conflicts?|retries|leaks?|duplicates?)"
)
_NOTHING = r"(?:0(?:\.0+)?%?(?![\w:/]|[.,]\d)|\"\"|''|\[\]|\{\}|<nil>)"
_NOTHING_IN_WORDS = r"(?:null|nil|none|never|false|undefined|off|ok|disabled|NaN)(?=\s*(?:[,;)}\]]|\.?$|[\w.-]+[=:]|\|))"
_PARTS = (
    r"(?:handl(?:ers?|ing)|detect(?:ors?|ion)|report(?:s|ers?|ing)?|translat(?:or|ion)|filters?|monitor(?:s|ing)?|track(?:er|ing)"
    r"|log(?:s|ger|ging)?|middleware|threshold|polic(?:y|ies)|templates?|watcher|mode|list(?:ener)?|counters?|mapp(?:er"
    r"|ing)s?|queue"
    r"|controller|table|channel|tolerance|injection|fast|free|attempts reset|cleanup)"
)
_OF_SENTENCE = r"(?!by |in |on |at |for |of |with |to |the |from |and )"
_HARMLESS = tuple(
    (tuple(signs.split("|")), re.compile(pattern, re.IGNORECASE))
    for signs, pattern in (
        # What is said of failures in general, or was done about them.
        (
            "logged|reported|written|sent|tracked|shown",
            r"\b(?:errors?|exceptions?|failures?) (?:are|is|will be|get) (?:logged|reported|written|sent|tracked|shown)\b.*",
        ),
        (
            "be |default|previously|from",
            rf"\b(?:will|can|may|should|would) be (?:\w+ )?{_TROUBLE}|(?:{_TROUBLE} )?\w+ are {_TROUBLE} by default"
            rf"|\bpreviously {_TROUBLE}|\bfrom (?:crashed|failed|down|error|unhealthy)\b",
        ),
        (
            "expired",
            r"\b(?:remov|delet|clean|purg|prun|reap|clear)\w*(?: up)? (?:of )?(?:\d+ )?(?:\w+ )?expired(?: \w+)?"
            r"|\bexpired \w+ (?:\w+ )?(?:removed"
            r"|deleted|cleaned|purged|pruned|cleared|cleanup)",
        ),
        ("rebuild with", r"^!!! no .* support, rebuild with .*"),
        ("for ", rf"\b(?:check|watch|listen|scan|monitor|look|wait|test)(?:s|ed|ing)? for (?:\w+ ){{0,2}}{_TROUBLE}\b"),
        (
            "connection closed|not found",
            r"\bconnection closed(?: (?:cleanly|gracefully|normally|by client))?(?: ?\(?1000\)?)?\s*$|\bnot found,? (?:creating"
            r"|using|skipping)",
        ),
        # Counts and results of nothing, and settings.
        (
            "0|\"\"|''|[]|{}|<nil>|nul|nil|none|never|false|undefined|off|ok|disabled|nan",
            rf"(?:\b{_TROUBLE} (?:\w+ )?)?(?<![\w.-])[\w.-]{{0,60}}[\w\]\"')]\s?(?:[=:]|\bis)"
            rf"\s?(?:{_NOTHING}|{_NOTHING_IN_WORDS})",
        ),
        (
            "=|.|rate",
            r"error\w{0,20}=(?=\s|$)|#(?:success|failure)=\d+|errors?[=: ]{1,3}0?\.\d+\b"
            r"|\b(?:error|failure)[- _]rates?\b\W{0,3}\d[\d.]*",
        ),
        (
            "no|zero|never|without|n't|n’t|0",
            rf"(?:\b(?:no|zero|not|never|without(?: any)?)|n['’]t|(?<![\w.:/])0)[ -](?:\w+ )?{_TROUBLE}(?:\(s\))?(?!\w|\.\w)",
        ),
        (" 0 ", rf"\b{_TROUBLE} 0 \w+"),
        (
            "time|retries|threshold|limit|interval",
            r"\b[\w.-]{0,30}(?:time-?_?outs?|retries|threshold|limit|interval)[\w.-]*\"?\s?(?:[=:]|set to|of"
            r"|is)?\s?\d[\w.%]*(?! exceeded)",
        ),
        ("retry", r"\bretry\w* (?:is )?(?:disabled|enabled|policy)"),
        ("level", r"\b(?:log|logging)?[-_ ]?level\"?(?: is|\s?[=:]| set)?(?: to)? ?\"?\w+"),
        (
            "on-|on_|on |stderr",
            r"\b(?:stop |exit |break |fail )?on[-_ ](?:error|failure|timeout)s?\b|\blog(?:ged|ging|s)? (?:errors? )?to stderr\b",
        ),
        # Names of files, paths, addresses, and of parts that are there for failures.
        ("/|.", r"\b\w+://\S+|(?<![\w.])/[\w.~%+@-][\w./~%+@-]*|\b[\w.-]{0,60}?(?:errors?|exceptions?|failures?)\.\w{1,5}\b"),
        (
            "handl|detect|report|translat|filter|monitor|track|log|middleware|threshold|polic|template|watcher|mode|list|counter|mapp"
            "|queue|controller|table|channel|tolera|injection|fast|free|reset|cleanup",
            rf"(?<!=)\b{_TROUBLE}[- ](?:{_OF_SENTENCE}[a-z]+ )?{_PARTS}\b(?! ?: ?\w)|\b(?:error|fault)-(?:free|tolerant)",
        ),
        (
            "code|message|rate|budget|page|boundary",
            r"\b(?:errors?|exceptions?|failures?|warnings?)[- ](?:codes?|messages?|rates?|budgets?|pages?|boundary)\b(?! ?: ?\w)",
        ),
    )
)
"""Patterns, each with what stands in any line that it fits, in small letters: looking for that is quicker by far."""
_RECOVERED = re.compile(
    r"\b(?:recovered|reconnect(?:ed|ion succeeded)|re-?established|restored|resumed|succeeded|resolved itself)\b"
)
_NOT_RECOVERED = re.compile(
    r"panic|(?:\bnot|n['’]t) (?:be )?(?:recover|reconnect|restor|re-?establish|resum|succeed)"
    r"|\bcan ?not\b|\bunable\b|\bfailed to\b|never"
)
_GRAVE = re.compile(
    r"\b(?:panic(?:ked)?\b|fatal\b|segmentation fault|segfault\b|core dumped|(?:ran )?out of memory\b|oom[- ]?kill"
    r"|system halted|killed process\b"
    r"|cannot allocate memory|double free|stack overflow|stack smashing|soft lockup|kernel bug|sigsegv\b|sigabrt\b|sigbus\b"
    r"|terminate called (?:after|without)|illegal instruction)|^bus error"
)
_FAILED = re.compile(
    r"\b(?:"
    r"error(?:ed|s)?\b|exception\b|fail(?:ed|ure|s|ing)?\b|uncaught\b|unhandled|traceback\b"
    r"|could(?: ?not|n['’]t)\b|can(?: ?not|['’]t)\b|unable to\b|not able to\b|refused\b|denied\b|timed? ?-?out\b|timeout\b"
    r"|un(?:authori[sz]ed|authenticated|reachable|available|healthy|satisfied|supported|recogni[sz]ed|resolvable"
    r"|processable|parsable)\b"
    r"|unknown (?:authority|host|user|error|command|column|database|method|key|option|field|table|function|type|protocol"
    r"|service|ca)\b"
    r"|unexpected(?:ly)?\b|abnormal(?:ly)?\b|prematurely\b|forbidden\b|crash(?:ed|ing|es)?\b|abort(?:ed|ing)?\b"
    r"|halted\b|no such (?:file|host|table|column|container|key|device|service|user|process|module|image)\b|not found\b"
    r"|does(?: not|n't) exist\b"
    r"|no (?:route|listener|space|live|healthy|alternative|qualifying|matching|available|valid|credentials|response"
    r"|python app|app loaded|permission|connection|instances?|nodes?|backend|upstreams?|handler)\b(?! (?:required|needed))"
    r"|undefined (?:method|variable|function|reference|symbol)\b"
    r"|not (?:authori[sz]ed|allowed|permitted|recogni[sz]ed|supported|ready|available|known|readable|writable|valid"
    r"|accepted|enough|responding|reachable|installed|defined|set|configured|initiali[sz]ed|be (?:empty|null|blank|found"
    r"|reached|loaded)|a function|in (?:the )?allow\w*|callable|subscriptable|serializable|iterable|verified|trusted|open"
    r"|connected)\b"
    r"|no authentication\b"
    r"|(?:connection|link|stream|session|socket)(?: was| has been)? (?:reset|lost|rejected|dropped|aborted|broken|terminated)\b"
    r"|lost (?:the )?connection\b|closed (?:\w+ )?(?:by|before|without)\b|(?:is|was|already) closed\b"
    r"|closed network connection\b|gone away\b|hang up\b|broken pipe\b|max(?:imum)? \w+ (?:reached|exceeded)\b"
    r"|disconnected from (?:redis|mongo|postgres|mysql|kafka|rabbit|nats|the |database|db|server|broker|backend|upstream)"
    r"|(?:invalid|missing|malformed|illegal|corrupt(?:ed|ion)?|incompatible|inconsistent|insufficient(?:_\w+)?|improper\w*"
    r"|misconf\w*|unresolved)\b"
    r"|(?:bad|wrong) (?:request|gateway|handshake|certificate|cert|credentials?|password|token|signature|magic|version|type"
    r"|key|file|address|interpreter|response|user\w*|length|format|value|argument)\b"
    r"|too (?:many|big|large|long|few|old|slow|late|small)\b|(?:already|currently) in use\b"
    r"|(?:is|was|are|table|file|account|user) locked\b|deadlock(?:ed)?\b|exceed(?:ed|s)\b|exhausted\b|mismatch(?:ed)?\b"
    r"|expired\b|rejected\b|blocked by\b|banned\b|revoked\b|violat(?:es?|ed|ion)\b|constraint fails\b"
    r"|duplicate (?:key|entry|column|name)\b"
    r"|(?:permission|authentication|authori[sz]ation|certificate|password|login|token|credentials?|argument|parameter|field"
    r"|header|scope|role)s?\b[^.;]{0,30}?\b(?:is |are )?required\b"
    r"|must (?:not )?be\b|self[- ]signed\b|null pointer|(?:division|divide|divided) by zero\b|read-?only file ?system\b"
    r"|data loss\b|not (?:able|match(?:ed|ing)?)\b|is not (?:a|an|in|on) (?:valid|list|allowed|known)"
    r"|exit(?:ed|ing)? (?:with )?(?:code|status|value)?[ :=]{0,2}[1-9]\d{0,2}\b(?![\w.])|rc=[1-9]"
    r"|exited (?:with (?!(?:code |status )?0\b)|before|early)|status=[1-9]\d{0,2}/|not exited\b"
    r"|(?:process|worker|child|thread|pod|container|instance|server|service|job|task)(?: \S+)? (?:has )?(?:died"
    r"|exited(?! (?:with )?(?:(?:code|status)[ :=]*)?0\b| (?:cleanly|successfully|normally|gracefully))|vanished)\b"
    r"|died\b|killed\b|sigkill\b|terminated (?:on|by) signal\b|signal: (?:killed|terminated|aborted)"
    r"|terminated abnormally\b|genserver .{1,80} terminating\b|went wrong\b|giving up\b|gave up\b"
    r"|circuit(?: breaker)? (?:is )?open(?:ed)?\b|(?:is|went|marked|marked as) (?:down|dead|offline)\b|stuck\b"
    r"|stalled\b|outage\b|dropp(?:ed|ing) (?:\d+ )?(?:message|event|packet|connection|request|span|log|frame|entr)"
    r"|out of (?:shared memory|disk|range|bounds|sync|order|file|descriptors)\b|(?:buffer|queue|integer) overflow"
    r"|no \w+ application found\b|no servers? (?:is |are )?available\b"
    r"|0/\d+ nodes\b|nack(?:ed)?\b|unsatisfied\b|name or service\b|servname\b"
    r"|http[ /:=]{1,2}(?:[\d.]+ )?5\d\d\b|(?:status|statuscode|status_code|code)\"?[ =:]{1,3}5\d\d\b"
    r"|status code (?:of )?5\d\d\b|non-2(?:00|xx)\b"
    r"|(?:returned|responded|answered|replied|got|received)(?: with| an?)?(?: HTTP)? 5\d\d(?=\W*$| (?:internal|bad|service"
    r"|gateway|not|error|for|from|to|in|after|on)\b|[,;:)])"
    r"|(?:close|code)[ =:]{1,2}\(?(?:1002|1003|1006|1007|1008|1009|101[0-5])\b"
    r")|_error\b|^(?:terminated|aborted|hangup|killed|evicted)\.?$|^\*\* \(|^goroutine \d+ \[|^stack ?trace:"
    r"|^5\d\d (?:internal|bad|service|gateway)"
)
"""Looked for in small letters."""
# Names of failures as programs spell them; their case matters.
_HUMP, _SHOUT = re.compile("[a-z][A-Z]"), re.compile("[A-Z]{2}")
_CAMEL = re.compile(
    r"[a-z](?:Error|Exception|Failure|Failed|Denied|Refused|Exceeded|NotFound|Unauthorized|Forbidden|Expired|Invalid"
    r"|BackOff|Misconfigured"
    r"|Configured|Mismatch|Unavailable|Rejected|Aborted|Exit)\b|\b(?:Failed|ErrImage)[A-Z]\w+|\bCrashLoop\w*"
)
_CAPITALS = re.compile(
    r"\b(?:E(?:CONN[A-Z]+|TIMEDOUT|NOTFOUND|ADDRINUSE|ADDRNOTAVAIL|ACCES|PIPE|AI_[A-Z]+|MFILE|NFILE|NOSPC|NOENT|PERM|HOSTUNREACH"
    r"|NETUNREACH|NOMEM|BUSY|IO|ROFS|XIST|ISDIR|NOTDIR|PROTO|CANCELED)\b|ERR_[A-Z_]+|(?:DEPTH_ZERO|UNABLE_TO|SELF_SIGNED"
    r"|CERT)_[A-Z_]+"
    r"|ORA-\d{4,5}|SQLSTATE\b|SQLITE_[A-Z]{3,}|(?:MISCONF|NOAUTH|WRONGPASS|NOPERM|CLUSTERDOWN|READONLY|BUSYGROUP)\b|OOM\b"
    r"|BUG:|FAIL(?:ED)?\b"
    r"|ERR!)"
)
_SIGNS = ("E: ", "!!!", "\u274c", "\u2717", "\u2718", "\u2716", "\U0001f4a5", "\u26d4", "\U0001f6a8", "\U0001f6d1")
_MILD = re.compile(
    r"\b(?:deprecat|warning:|warn\b|retrying\b|retry (?:in|after|attempt|\d)|slow (?:query|request|sql)"
    r"|fall(?:ing)? ?back (?:to|on)\b|throttl"
    r"|backing off\b|degraded\b|roll(?:ed|ing) back\b|context cancell?ed\b|defaulting to\b|using (?:a |the )?default\b"
    r"|possible \w+ leak)"
    r"|^warning\b|^\u26a0"
)
_TURNED_AWAY = re.compile(r"\b(?:http|status|statuscode|status_code|status code)\"?[ =:/]{1,3}4\d\d\b")
_SOFTENED = re.compile(r"\b(?:retr(?:y|ies)|skipp(?:ed|ing)|ignor(?:ed|ing))\b")
_NOT_MILD = re.compile(
    r"\berror:|exception|traceback|fatal|failed after|giving up|exhausted|max(?:imum)? retries|retries exceeded"
)
_LOOKED_AT = 2_000


@lru_cache(maxsize=5_000)
def severity_in_words(text: str) -> str | None:
    """What a line without a level tells: CRITICAL, ERROR or WARNING by its words, else None."""
    said = text[:_LOOKED_AT].strip()
    if _told(said) is None:
        return None  # most lines name no failure at all
    said = without_harmless(said)
    if _RECOVERED.search(said.lower()) and not _NOT_RECOVERED.search(said.lower()):
        return None
    return _told(said)


def without_harmless(text: str) -> str:
    """A line without the words in it that name a failure and tell of none."""
    small = text.lower()
    for signs, pattern in _HARMLESS:
        if any(sign in small for sign in signs):
            text = pattern.sub(" ", text)
    return text.strip()


def _told(said: str) -> str | None:
    small = said.lower()
    if _GRAVE.search(small):
        return "CRITICAL"
    failed = bool(_FAILED.search(small)) or _is_named(said)
    if (_MILD.search(small) or (failed and _SOFTENED.search(small))) and not _NOT_MILD.search(small):
        return "WARNING"
    return "ERROR" if failed else "WARNING" if _TURNED_AWAY.search(small) else None


def _is_named(said: str) -> bool:
    return (
        said.startswith(_SIGNS)
        or bool(_HUMP.search(said) and _CAMEL.search(said))
        or bool(_SHOUT.search(said) and _CAPITALS.search(said))
    )
