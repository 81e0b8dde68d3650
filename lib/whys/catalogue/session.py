"""Causes that show once the 101 has come: what it chose, what the session waits for, how long it may be quiet."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

CAUSES = (
    Cause(
        id="subprotocol-unanswered",
        layer="policy",
        area="After acceptance",
        means="the server's 101 names none of the offered subprotocols, and clients that insist break off",
        lifted_by=(),
        refuted_by=("no-connection", "refused-before-the-101", "no-offer-unanswered"),
        supported_by=("offer-unanswered",),
        log_patterns=(),
        why="Subprotocols were offered and the 101 names none; a browser takes that for a failure and closes.",
        remedy="Let the server choose one of the offered subprotocols and name it in its 101, or offer none.",
        set_to_split="target.subprotocols: []",
    ),
    Cause(
        id="first-message-missing",
        layer="session",
        area="After acceptance",
        means="the session wants a first message (credential, init, connect) that did not come or was refused",
        lifted_by=(),
        refuted_by=("no-connection", "refused-before-the-101", "session-granted-first", "ended-by-a-crash"),
        supported_by=("session-not-granted",),
        log_patterns=(
            LogPattern(
                r"\bconnection initiali[sz]ation timeout\b|\bno first message\b",
                "closed: connection initialisation timeout, no first message came",
            ),
            LogPattern(r"\bdid not (?:authenticate|identify) (?:within|in time)\b", "client did not authenticate in time"),
        ),
        why="The server accepts the socket and wants a first message that begins the session; none came, or it was refused.",
        remedy="Send what the session wants first (session.protocol or session.send), within the time that the server gives; "
        "where it refuses what is sent, read its frame and close, and let what the message carries be tried.",
        set_to_split="session.protocol, or session.send with the first message",
    ),
    Cause(
        id="idle-closed",
        layer="session",
        area="After acceptance",
        means="an edge or the server ends sessions that are quiet for a time",
        lifted_by=(),
        refuted_by=("no-connection", "refused-before-the-101", "ended-at-once", "session-not-granted"),
        log_patterns=(
            LogPattern(r"\bidle (?:session|connection|timeout|stream)\b", "idle timeout reached, closing the stream"),
            LogPattern(r"\bkeep-?alive ping timeout\b", "keepalive ping timeout"),
        ),
        why="A session in which nobody says anything is ended after a time.",
        remedy="Send pings more often than the shortest idle timeout on the way, or raise that timeout.",
        set_to_split="target.idle_s",
    ),
)
