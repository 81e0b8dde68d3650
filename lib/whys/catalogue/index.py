"""The catalogue: every cause that a diagnosis can name, by id, in the order of the contract."""

from __future__ import annotations

from collections.abc import Mapping

from lib.whys.catalogue import client, edge, policy, service, token, user
from lib.whys.catalogue.cause import FACTORS, Cause

__all__ = ["CATALOGUE", "FACTORS", "TWINS", "Cause", "meaning"]

CATALOGUE: Mapping[str, Cause] = {
    cause.id: cause for group in (client, edge, policy, token, user, service) for cause in group.CAUSES
}

TWINS: Mapping[frozenset[str], str] = {
    frozenset(
        {"user-unknown", "user-inactive"}
    ): "a log entry that names the reason, or a subject that certainly does not exist answered otherwise",
    frozenset(
        {"user-unknown", "permission-missing"}
    ): "a log entry that names the reason, or a permission claim that lifts the refusal",
    frozenset(
        {"user-inactive", "permission-missing"}
    ): "a log entry that names the reason, or a permission claim that lifts the refusal",
    frozenset({"auth-service-down", "service-identity"}): "a log entry of the service or of the auth service",
    frozenset({"auth-service-down", "server-error"}): "a log entry of the service; the HTTP status, where it is an honest 500",
    frozenset({"service-identity", "server-error"}): "a log entry of the service; the HTTP status, where it is an honest 500",
    frozenset({"edge-strips-credential", "credential-carrier"}): "an authority in alternatives.hosts that passes the edge by",
    frozenset(
        {"closed-after-accept", "crash-after-accept"}
    ): "the close code: 1011 and a dropped connection are a crash, others a decision",
    frozenset({"server-error", "closed-after-accept"}): "the rung: a crash before the 101 never reaches the session",
    frozenset({"server-error", "crash-after-accept"}): "the rung: a crash before the 101 never reaches the session",
    frozenset({"auth-service-down", "closed-after-accept"}): "the rung, and a log entry of the service",
    frozenset({"auth-service-down", "crash-after-accept"}): "the rung, and a log entry of the service",
    frozenset({"service-identity", "closed-after-accept"}): "the rung, and a log entry of the service",
    frozenset({"service-identity", "crash-after-accept"}): "the rung, and a log entry of the service",
}
"""Pairs that no change of the client splits, with the observation that would."""


def meaning(name: str) -> str:
    """What a cause means in plain words; the id itself where the catalogue does not know it, as in a record of another
    version."""
    return CATALOGUE[name].means if name in CATALOGUE else name
