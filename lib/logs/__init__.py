"""Every client exchange beside what the servers said of it, or that they said nothing."""

from lib.logs.analysis import LogReport, investigate_logs, repeat_logs, report_on, without_entries
from lib.logs.incidents.leads import LogLead, unexplained_near
from lib.logs.sources.reading import Reading, SourceRefused, entries_rows, reading_from_rows

__all__ = [
    "LogLead",
    "LogReport",
    "Reading",
    "SourceRefused",
    "entries_rows",
    "investigate_logs",
    "reading_from_rows",
    "repeat_logs",
    "report_on",
    "unexplained_near",
    "without_entries",
]
