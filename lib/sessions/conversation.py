"""What is said in a session and what it comes to, without any I/O: frames in, texts to send out, granted or refused.

Whoever has the socket sends what `begin` and `take` return, and asks `settled` after each frame; when time has passed without an
answer, `is_over` tells whether that decides.
"""

from __future__ import annotations

from lib.facts import ACCEPTED_AFTER_S, SessionScript
from lib.sessions.matching import complains, matches

COMPLAINT_S = ACCEPTED_AFTER_S
"""So long after a frame that complains an expected one may still come."""


class Conversation:
    """One session's. Moments are seconds of any one clock."""

    def __init__(self, script: SessionScript, *, began_s: float):
        self.script, self._began_s = script, began_s
        self._has_spoken = False
        self.granted_at_s: float | None = None
        self.refused_at_s: float | None = None
        self.complaint_at_s: float | None = None

    def begin(self) -> tuple[str, ...]:
        """What is said as soon as the socket is open."""
        return () if self.script.awaited else self._speak()

    def take(self, frame: str, at_s: float) -> tuple[str, ...]:
        """What is said to a frame that arrived at this moment."""
        script = self.script
        for sign, reply in script.replies:
            if matches(sign, frame):
                return (reply,)
        if any(matches(sign, frame) for sign in script.refusing):
            self.refused_at_s = at_s if self.refused_at_s is None else self.refused_at_s
        elif any(matches(sign, frame) for sign in script.granting):
            self.granted_at_s = at_s if self.granted_at_s is None else self.granted_at_s
        elif script.protocol == "free" and self.granted_at_s is None and complains(frame):
            self.complaint_at_s = at_s if self.complaint_at_s is None else self.complaint_at_s
        if script.awaited and not self._has_spoken and matches(script.awaited, frame):
            return self._speak()
        return ()

    @property
    def decides_at_s(self) -> float:
        """When it is decided at the latest, if nothing more comes."""
        until_s = self._began_s + self.script.timeout_s
        return until_s if self.complaint_at_s is None else min(until_s, self.complaint_at_s + COMPLAINT_S)

    @property
    def settled(self) -> bool:
        """Whether a frame has granted or refused it."""
        return self.granted_at_s is not None or self.refused_at_s is not None

    def granted(self, *, ended_at_s: float | None, close_code: int | None, now_s: float) -> bool | None:
        """Whether the session is granted as things stand; None while that is open. `ended_at_s`: when the server ended it."""
        since_s = self.granted_at_s
        if self._ended_otherwise(ended_at_s, close_code):
            return self.complaint_at_s is None and self.refused_at_s is None
        if since_s is None and not self.script.granting and self.complaint_at_s is None and now_s >= self.decides_at_s:
            since_s = self.decides_at_s - ACCEPTED_AFTER_S  # it was not refused in all of its time
        over_s = min((at_s for at_s in (ended_at_s, self.refused_at_s) if at_s is not None), default=None)
        if since_s is not None:
            return over_s is None or over_s - since_s >= ACCEPTED_AFTER_S
        return False if over_s is not None or now_s >= self.decides_at_s else None

    def _ended_otherwise(self, ended_at_s: float | None, close_code: int | None) -> bool:
        """Whether a session that no frame has to grant was ended, not at once, and with none of the codes that refuse."""
        if self.script.granting or not self.script.closes or ended_at_s is None or close_code is None:
            return False
        return close_code not in self.script.closes and ended_at_s - self._began_s >= ACCEPTED_AFTER_S

    def _speak(self) -> tuple[str, ...]:
        self._has_spoken = True
        return self.script.messages
