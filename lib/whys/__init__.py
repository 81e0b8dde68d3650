"""Why the handshake is refused: proved where it can be, said to be ambiguous where it cannot."""

from lib.whys.conclusion import diagnose
from lib.whys.diagnosis import Diagnosis
from lib.whys.prober import investigate

__all__ = ["Diagnosis", "diagnose", "investigate"]
