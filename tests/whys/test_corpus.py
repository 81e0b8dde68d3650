"""The recorded observations of every cause in every mode give the recorded diagnoses, whatever is done to the code."""

from __future__ import annotations

from functools import cache

import pytest

from lib.whys.conclusion import _answers, _known_before
from lib.whys.probes import Driver, unsent
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.plan import run
from tests.whys import corpus
from tests.whys.closed_loop import ALL, MODES, Mode

recordings = cache(corpus.recordings)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cause", ALL)
def test_a_recording_gives_the_same_bytes(cause: str, mode: Mode) -> None:
    """Replaying what was once observed gives the document that was recorded with it, byte for byte."""
    recording = recordings(mode)[cause]
    assert recording.replayed().encode() == recording.diagnosis.encode()


@pytest.mark.parametrize("mode", MODES)
def test_a_replay_asks_what_was_recorded(mode: Mode) -> None:
    """Each recorded answer is the answer to what the plan asks there: where the plan has changed, it is to be recorded anew."""
    for cause, recording in recordings(mode).items():
        inquiry = Inquiry(recording.context, [seen for seen in recording.observations if _known_before(seen)])
        remaining = [seen for seen in recording.observations if seen.kind in ("handshake", "rest", "log") or unsent(seen)]
        driver = Driver(run(inquiry))
        while (batch := driver.batch) is not None:
            answers = _answers(batch, remaining)
            for probe, seen in zip(batch.asks, answers or (), strict=False):
                assert seen.kind != "handshake" or dict(seen.factors) == dict(probe.factors), (cause, seen.id)
            driver.answer(answers)


@pytest.mark.parametrize("mode", MODES)
def test_every_cause_is_recorded(mode: Mode) -> None:
    """No cause of the catalogue is without a recording, and no recording without its cause."""
    assert set(recordings(mode)) == set(ALL)
