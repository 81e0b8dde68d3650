"""The recorded observations of every cause in every mode give the recorded diagnoses, whatever is done to the code."""

from __future__ import annotations

from functools import cache

import pytest

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
def test_every_cause_is_recorded(mode: Mode) -> None:
    """No cause of the catalogue is without a recording, and no recording without its cause."""
    assert set(recordings(mode)) == set(ALL)
