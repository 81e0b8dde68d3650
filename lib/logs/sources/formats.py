"""How each logger and exporter writes, described and not programmed: a new format is one entry here,
    with a line that it was made for.

A line's pattern names its parts in braces; `{rest}` is a line of its own, in whatever format. An object's description
names the fields
that hold its time, severity and message, where those that all share (`COMMON`) would not do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Layer = Literal["edge", "platform", "application"]


@dataclass(frozen=True, kw_only=True)
class ObjectFormat:
    """A JSON object. It is recognised by having all fields of `known_by`; fields with dots lead into objects.

    `scale` is that of a numeric level. `line` is a field whose text is a line of its own, in whatever format.
    `untold` is the severity of what names none. The other tuples name fields, before those of `COMMON`.
    """

    name: str
    known_by: tuple[str, ...]
    scale: str | None = None
    line: str | None = None
    time: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    instance: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    revision: tuple[str, ...] = ()
    layer: Layer | None = None
    untold: str | None = None
    request: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Container:
    """An object that holds many entries: the path to them,
        with [] for each of a list; what stands beside on the way is handed down.

    `columns` names the items of entries that are lists themselves.
    """

    name: str
    path: str
    columns: tuple[str, ...] = ()


CAMEL = {
    "log_name": "logName", "insert_id": "insertId", "http_request": "httpRequest", "span_id": "spanId",
    "text_payload": "textPayload",
    "json_payload": "jsonPayload", "proto_payload": "protoPayload",
    "receive_timestamp": "receiveTimestamp", "received_at": "receiveTimestamp",
}  # fmt: skip
"""The spelling of other exporters, and the API's."""
CLOUD_KEYS = frozenset({"insertId", "logName", "textPayload", "jsonPayload", "protoPayload", "httpRequest", "receiveTimestamp"})
"""Fields that only Cloud Logging's entries have."""

CONTAINERS = (
    Container(name="loki", path="data.result[].values[]", columns=("ts", "line", "metadata")),
    Container(name="loki", path="streams[].values[]", columns=("ts", "line", "metadata")),
    Container(name="loki", path="streams[].entries[]"),
    Container(name="otlp", path="resourceLogs[].scopeLogs[].logRecords[]"),
    Container(name="otlp", path="resourceLogs[].instrumentationLibraryLogs[].logRecords[]"),
    Container(name="elasticsearch", path="hits.hits[]._source"),
    Container(name="cloudwatch", path="logEvents[]"),
    Container(name="cloudwatch", path="events[]"),
    Container(name="railway", path="data.deploymentLogs[]"),
    Container(name="railway", path="data.environmentLogs[]"),
    Container(name="datadog", path="data[].attributes"),
)

COMMON = ObjectFormat(
    name="json",
    known_by=(),
    time=(
        "timestamp", "time", "@timestamp", "ts", "@t", "Timestamp", "datetime", "asctime", "date", "eventTime",
            "event_time", "log_time",
        "logged_at", "created_at", "createdAt", "time_iso8601", "time_local", "StartUTC", "start_time", "startTime",
            "timeUnixNano",
        "observedTimeUnixNano", "instant", "timeMillis", "epoch", "t", "Time", "Date", "DateTime", "TimeGenerated",
            "receiveTimestamp",
        "receivedAt", "timestampInMs", "record.time.timestamp", "TimestampMs", "unix", "dt", "when", "x_timestamp",
            "_timestamp",
        "created", "ingestionTime", "_time", "dateAndTime", "generated_at", "eventTimestamp",
            "record.time.repr", "metadata.timestamp", "TimeCreated", "dateCreated",
    ),
    severity=(
        "severity", "level", "levelname", "log.level", "log_level", "logLevel", "loglevel", "lvl", "Level", "LogLevel",
            "severityText",
        "severity_text", "SeverityText", "severityNumber", "SeverityNumber", "@l", "level_name", "levelName", "Severity",
            "PRIORITY",
        "priority", "record.level.name", "levelno", "s", "type", "@level", "status", "severity_number", "detected_level",
            "SeverityLevel",
            "error_severity", "LevelDisplayName",
    ),
    text=(
        "message", "msg", "textPayload", "event", "text", "MESSAGE", "body", "Body", "@m", "RenderedMessage", "@mt",
            "MessageTemplate",
        "log", "line", "@message", "Message", "short_message", "description", "Log_s", "LogMessage", "Line", "Log",
            "title", "reason",
        "errorMessage", "error_message", "record.message", "payload", "error", "content", "error.message", "err.message",
            "exception.message", "detail", "_raw", "event_message",
    ),
    instance=("instance", "pod_name", "pod", "hostname", "host", "HOSTNAME", "kubernetes.pod_name", "k8s.pod.name",
        "instance_id",
              "container_id", "kubernetes.pod.name", "host.name", "logStreamName", "logStream", "@logStream",
                  "stream_name", "replica"),
    service=("service", "service_name", "service.name", "app", "application", "container_name", "container", "logger_service",
             "kubernetes.container_name", "job"),
    revision=("revision", "revision_name", "version", "deploymentId", "service.version", "RevisionName_s"),
    request={
        "method": "method req.method request.method http.request.method requestMethod request_method httpMethod verb "
        "http.method "
                  "ClientRequestMethod http_method RequestMethod",
        "url": "url req.url request.uri request.url uri url.path url.original path requestPath requestUrl request_uri "
        "http.url http.target "
               "ClientRequestURI RequestPath request_path route http_path",
        "status": "status res.statusCode response.status statusCode status_code http.response.status_code response.statusCode "
                  "responseStatusCode EdgeResponseStatus StatusCode http.status_code httpStatus http_status response_code",
        "latency_s": "latency_s duration_s request_time",
        "latency_ms": "responseTime latency_ms duration_ms elapsed_ms durationMs response_time_ms Elapsed latencyMs",
        "latency": "latency duration elapsed",
        "reason": "response_flags responseFlags RESPONSE_FLAGS",
        "user_agent": "user_agent user_agent.original http_user_agent userAgent req.headers.user-agent ClientRequestUserAgent",
    },
)  # fmt: skip
"""Fields as most loggers name them, the likeliest first."""

TRACES = ("trace", "trace_id", "traceId", "traceID", "TraceId", "traceparent", "logging.googleapis.com/trace",
    "x-cloud-trace-context",
          "X-Cloud-Trace-Context", "cloud_trace_context", "trace.id", "dd.trace_id", "otelTraceID", "@tr",
              "context.trace_id")  # fmt: skip
STACKS = ("stack_trace", "stackTrace", "stacktrace", "exc_info", "exception", "exception.stacktrace", "err.stack",
    "error.stack",
          "error.stack_trace", "stack", "traceback", "errorVerbose", "Exception", "@x", "thrown.extendedStackTrace",
              "err", "error", "e",
          "trace", "exc_text", "exception.stack_trace", "throwable", "cause", "attributes.exception.stacktrace",
              "message.stack", "backtrace",
          "error_stack", "extra.exception", "context.exception", "thrown", "exceptions", "errors", "message",
              "msg")  # fmt: skip
"""Where a payload keeps an exception: the fullest first. A field's text counts when it looks like one."""

OBJECT_FORMATS = (
    ObjectFormat(name="splunk", known_by=("_raw",), line="_raw", time=("_time",), instance=("host",)),
    ObjectFormat(name="stern", known_by=("message", "podName", "containerName"), line="message", instance=("podName",),
                 service=("containerName",)),
    ObjectFormat(name="docker", known_by=("log", "stream", "time"), line="log"),
    ObjectFormat(name="journald", known_by=("MESSAGE", "__REALTIME_TIMESTAMP"), scale="syslog", line="MESSAGE",
                 time=("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"), severity=("PRIORITY",), instance=("_HOSTNAME",),
                 service=("SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT")),
    ObjectFormat(name="journald", known_by=("MESSAGE", "PRIORITY", "timestamp"), scale="syslog", line="MESSAGE",
                 time=("_SOURCE_REALTIME_TIMESTAMP", "timestamp"), severity=("PRIORITY",), instance=("_HOSTNAME",),
                 service=("SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT")),
    ObjectFormat(name="logcli", known_by=("labels", "line", "timestamp"), line="line", instance=("labels.pod",
        "labels.instance"),
                 service=("labels.app", "labels.container", "labels.job")),
    ObjectFormat(name="loki", known_by=("ts", "line"), line="line", instance=("stream.pod", "stream.instance", "labels.pod"),
                 service=("stream.app", "stream.container", "stream.job"), severity=("stream.level", "stream.detected_level")),
    ObjectFormat(name="cloudwatch", known_by=("message", "timestamp", "ingestionTime"), line="message", time=("timestamp",),
                 instance=("logStreamName",)),
    ObjectFormat(name="cloudwatch-insights", known_by=("@timestamp", "@message"), line="@message", instance=("@logStream",)),
    ObjectFormat(name="otlp", known_by=("timeUnixNano", "body"), scale="otlp", time=("timeUnixNano", "observedTimeUnixNano"),
                 severity=("severityText", "severityNumber"), text=("body.stringValue", "body"), line="body.stringValue",
                 service=("resource.service.name",), instance=("resource.k8s.pod.name", "resource.service.instance.id")),
    ObjectFormat(name="otlp", known_by=("observedTimeUnixNano", "body"), scale="otlp", time=("timeUnixNano",
        "observedTimeUnixNano"),
                 severity=("severityText", "severityNumber"), text=("body.stringValue", "body"), line="body.stringValue"),
    ObjectFormat(name="azure", known_by=("TimeGenerated", "Log_s"), line="Log_s", instance=("ContainerGroupName_s",
        "ReplicaName_s"),
                 service=("ContainerAppName_s", "ContainerName_s"), revision=("RevisionName_s",)),
    ObjectFormat(name="azure", known_by=("TimeGenerated", "Log"), line="Log", instance=("ReplicaName",),
    service=("ContainerAppName",),
                 revision=("RevisionName",)),
    ObjectFormat(name="azure-console", known_by=("TimeStamp", "Log"), time=("TimeStamp",), line="Log"),
    ObjectFormat(name="traefik", known_by=("DownstreamStatus", "RequestPath"), layer="edge", time=("StartUTC", "time"),
                 request={"status": "DownstreamStatus", "method": "RequestMethod", "url": "RequestPath"}),
    ObjectFormat(name="monolog", known_by=("level_name", "channel", "message"), time=("datetime",), severity=("level_name",)),
    ObjectFormat(name="gelf", known_by=("version", "short_message", "host"), scale="syslog", text=("short_message",)),
    ObjectFormat(name="mongodb", known_by=("t", "s", "c", "msg"), time=("t",), severity=("s",), scale="letter", text=("msg",)),
    ObjectFormat(name="bunyan", known_by=("v", "level", "name", "hostname", "pid", "time", "msg"), scale="pino",
        instance=("hostname",),
                 service=("name",)),
    ObjectFormat(name="pino", known_by=("level", "time", "msg"), scale="pino", instance=("hostname",), service=("name",)),
    ObjectFormat(name="pino", known_by=("level", "time", "pid"), scale="pino", instance=("hostname",), service=("name",)),
    ObjectFormat(name="loguru", known_by=("text", "record"), time=("record.time.timestamp", "record.time.repr"),
                 severity=("record.level.name",), text=("record.message",)),
    ObjectFormat(name="serilog", known_by=("@t", "@mt"), time=("@t",), severity=("@l",), text=("@m", "@mt"), untold="INFO"),
    ObjectFormat(name="serilog", known_by=("Timestamp", "MessageTemplate"), severity=("Level",), text=("RenderedMessage",
        "MessageTemplate")),
    ObjectFormat(name="dotnet", known_by=("EventId", "LogLevel", "Category", "Message"), severity=("LogLevel",),
    text=("Message",)),
    ObjectFormat(name="log4j", known_by=("instant", "level", "loggerName"), text=("message",)),
    ObjectFormat(name="logback", known_by=("@timestamp", "@version", "level_value"), severity=("level",)),
    ObjectFormat(name="ecs", known_by=("@timestamp", "ecs.version"), severity=("log.level",)),
    ObjectFormat(name="ecs", known_by=("@timestamp", "log.level"), severity=("log.level",)),
    ObjectFormat(name="zap", known_by=("level", "ts", "msg")),
    ObjectFormat(name="zap", known_by=("level", "ts", "caller")),
    ObjectFormat(name="slog", known_by=("time", "level", "msg")),
    ObjectFormat(name="logrus", known_by=("level", "msg", "time")),
    ObjectFormat(name="zerolog", known_by=("level", "message", "time")),
    ObjectFormat(name="structlog", known_by=("event", "level"), text=("event",)),
    ObjectFormat(name="python-json-logger", known_by=("levelname", "message")),
    ObjectFormat(name="winston", known_by=("level", "message")),
    ObjectFormat(name="cloudflare", known_by=("EdgeStartTimestamp", "EdgeResponseStatus"), time=("EdgeStartTimestamp",),
    layer="edge"),
    ObjectFormat(name="cloudflare-worker", known_by=("outcome", "eventTimestamp"), time=("eventTimestamp",),
    severity=("outcome",),
                 text=("exceptions", "logs")),
    ObjectFormat(name="vercel", known_by=("timestampInMs",), time=("timestampInMs",), text=("message", "text"),
                 severity=("level", "type"), line="message"),
    ObjectFormat(name="vercel", known_by=("deploymentId", "timestamp", "source"), severity=("level", "type"), line="message"),
    ObjectFormat(name="railway", known_by=("timestamp", "message", "severity"), line="message"),
    ObjectFormat(name="railway", known_by=("timestamp", "message", "attributes"), line="message"),
    ObjectFormat(name="nginx-json", known_by=("time_iso8601", "status"), layer="edge"),
    ObjectFormat(name="nginx-json", known_by=("time_local", "status"), layer="edge"),
    ObjectFormat(name="nginx-json", known_by=("remote_addr", "request", "status"), layer="edge"),
    ObjectFormat(name="w3c", known_by=("timestamp", "sc-status"), layer="edge", instance=("s-computername", "s-ip", "cs-host"),
                 service=("s-sitename",),
                 request={"status": "sc-status", "method": "cs-method", "url": "cs-uri-stem", "user_agent": "cs(User-Agent)",
                          "reason": "sc-substatus x-edge-detailed-result-type"}),
    ObjectFormat(name="caddy", known_by=("logger", "request", "status"), layer="edge"),
    ObjectFormat(name="kubernetes-event", known_by=("involvedObject", "reason", "message"), time=("lastTimestamp", "eventTime",
                 "firstTimestamp", "metadata.creationTimestamp"), severity=("type",), instance=("involvedObject.name",)),
    COMMON,
)  # fmt: skip
