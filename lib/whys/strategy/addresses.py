"""A name with several addresses: each is asked by itself, and what differs between them is told with the address."""

from __future__ import annotations

from lib.whys.catalogue.index import FACTORS
from lib.whys.evidence.addresses import ADDRESS, addresses_of, split_by_address
from lib.whys.probes import Asking, Conduct, Probe, accepted
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.repetition import ids


def each_address(inquiry: Inquiry) -> Asking[None]:
    """Asks each address of the target's name for the configured handshake; twice, in turn, where they disagree."""
    asks = [Probe(factors={ADDRESS: address}) for address in addresses_of(inquiry.log)]
    seen = yield from inquiry.ask(*asks)
    if len({accepted(one) for one in seen if one.rung != "tcp"}) > 1:
        yield from inquiry.ask(*asks)


def when_split(inquiry: Inquiry) -> None:
    """One address refuses, another accepts: no change of the request explains that, and any cause may stand behind the one."""
    split = split_by_address(inquiry.log)
    if split is None or inquiry.interventions:
        return
    inquiry.healthy = False
    inquiry.conduct = Conduct(
        factors=FACTORS,
        strength="ambiguous",
        refused=ids([one for one in inquiry.log.controls() if not accepted(one)], split.refused),
        accepted=ids(split.accepted),
        difference=("moment",),
        because=split.sentence,
    )
