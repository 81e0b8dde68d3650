"""Causes in the user: the token is good, its subject is not."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

_NEVER = (
    "no-connection",
    "no-credential-sent",
    "gateway-failed",
    "too-many",
    "broken-off",
    "said-to-be-absent",
    "issued-claims-refused",
    "refused-at-full-length",
)

CAUSES = (
    Cause(
        id="user-unknown",
        layer="user",
        area="User permissions",
        means="the subject does not exist there",
        lifted_by=("user",),
        refuted_by=(*_NEVER, "invented-user-differs"),
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                r"\b(?:user|subject|account|principal)\b.{0,80}\b(?:not found|does not exist|unknown|no such|doesn't exist|"
                r"not registered)\b",
                "User 4711 not found",
            ),
            LogPattern(r"\b(?:unknown|no such|nonexistent|non-existent) (?:user|subject|account|principal)\b", "Unknown user"),
            LogPattern(
                r"\bno (?:user|account|subject)\b.{0,16}\b(?:found|with|matches|exists|named)\b", "No user found with id 4711"
            ),
            LogPattern(r"\bcould not find (?:the )?(?:user|account|subject)\b", "Could not find user 4711"),
            LogPattern(r"\bsub\b.{0,60}\bnot found\b", "sub 4711 not found"),
        ),
        why="The service looks the subject up and does not find it.",
        remedy="Create the user in the WebSocket service's own store (it need not be the one behind REST), or use one "
        "that exists there.",
        set_to_split="the service's logs; alternatives.users alone cannot tell unknown from inactive or without permission",
    ),
    Cause(
        id="user-inactive",
        layer="user",
        area="User permissions",
        means="the subject exists and is disabled",
        lifted_by=("user",),
        refuted_by=_NEVER,
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                r"\b(?:user|subject|account|principal)\b.{0,80}\b(?:inactive|disabled|deactivated|suspended|locked|"
                r"not active|blocked|"
                r"banned)\b",
                "Account ann is disabled",
            ),
            LogPattern(
                r"\b(?:inactive|disabled|deactivated|suspended|locked) (?:user|subject|account|principal)\b", "Inactive user"
            ),
        ),
        why="The service finds the subject, and the account is switched off.",
        remedy="Activate the account, or use one that is active.",
        set_to_split="the service's logs; alternatives.users alone cannot tell unknown from inactive or without permission",
    ),
    Cause(
        id="permission-missing",
        layer="user",
        area="User permissions",
        means="the subject may not open WebSockets",
        lifted_by=("user", "permission"),
        refuted_by=(*_NEVER, "placebo-helped", "any-value-serves"),
        log_patterns=(
            LogPattern(
                r"\b(?:permission|scope|role|privilege|entitlement)s?\b.{0,60}\b(?:missing|required|lacks?|lacking|denied|insufficient|"
                r"not granted|absent|needed)\b",
                "permission realtime is required",
            ),
            LogPattern(
                r"\b(?:missing|lacks?|lacking|insufficient|without|requires?|no)\b.{0,20}\b(?:permission|scope|role|privilege|entitlement)s?\b",
                "PermissionDenied: missing scope websocket:connect",
            ),
            LogPattern(
                r"\bnot (?:permitted|authorized|authorised|allowed) to (?:open|use|connect)\b",
                "ann is not allowed to open WebSockets",
            ),
            LogPattern(r"\binsufficient_scope\b", 'Bearer error="insufficient_scope"'),
            LogPattern(r"\b(?:do|does) not have (?:the )?permission\b", "You do not have permission to perform this action."),
        ),
        why="The subject is known and lacks the right to open WebSockets.",
        remedy="Grant the user (or the token's permission claim) the right to open WebSockets.",
        set_to_split="alternatives.claims with the permission, alternatives.users, or the service's logs",
    ),
)
