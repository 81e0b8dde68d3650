"""Causes in the user: the token is good, its subject is not."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause

_NEVER = ("no-connection", "no-credential-sent", "server-failed", "gateway-failed", "too-many", "broken-off")

CAUSES = (
    Cause(
        id="user-unknown",
        layer="user",
        means="the subject does not exist there",
        lifted_by=("user",),
        refuted_by=(*_NEVER, "invented-user-differs"),
        log_signature=(
            r"\b(?:user|subject|account|principal)\b.{0,80}\b(?:not found|does not exist|unknown|no such|doesn't exist|"
            r"not registered)\b",
            r"\b(?:unknown|no such|nonexistent|non-existent) (?:user|subject|account|principal)\b",
            r"\bno (?:user|account|subject)\b.{0,16}\b(?:found|with|matches|exists|named)\b",
            r"\bcould not find (?:the )?(?:user|account|subject)\b",
            r"\bsub\b.{0,60}\bnot found\b",
        ),
        why="The service looks the subject up and does not find it.",
        remedy="Create the user in the WebSocket service's own store (it need not be the one behind REST), or use one "
        "that exists there.",
        set_to_split="the service's logs; alternatives.users alone cannot tell unknown from inactive or without permission",
    ),
    Cause(
        id="user-inactive",
        layer="user",
        means="the subject exists and is disabled",
        lifted_by=("user",),
        refuted_by=_NEVER,
        log_signature=(
            r"\b(?:user|subject|account|principal)\b.{0,80}\b(?:inactive|disabled|deactivated|suspended|locked|"
            r"not active|blocked|"
            r"banned)\b",
            r"\b(?:inactive|disabled|deactivated|suspended|locked) (?:user|subject|account|principal)\b",
        ),
        why="The service finds the subject, and the account is switched off.",
        remedy="Activate the account, or use one that is active.",
        set_to_split="the service's logs; alternatives.users alone cannot tell unknown from inactive or without permission",
    ),
    Cause(
        id="permission-missing",
        layer="user",
        means="the subject may not open WebSockets",
        lifted_by=("user", "permission"),
        refuted_by=_NEVER,
        log_signature=(
            r"\b(?:permission|scope|role|privilege|entitlement)s?\b.{0,60}\b(?:missing|required|lacks?|lacking|denied|insufficient|"
            r"not granted|absent|needed)\b",
            r"\b(?:missing|lacks?|lacking|insufficient|without|requires?|no)\b.{0,20}\b(?:permission|scope|role|privilege|entitlement)s?\b",
            r"\bnot (?:permitted|authorized|authorised|allowed) to (?:open|use|connect)\b",
            r"\binsufficient_scope\b",
            r"\b(?:do|does) not have (?:the )?permission\b",
        ),
        why="The subject is known and lacks the right to open WebSockets.",
        remedy="Grant the user (or the token's permission claim) the right to open WebSockets.",
        set_to_split="alternatives.claims with the permission, alternatives.users, or the service's logs",
    ),
)
