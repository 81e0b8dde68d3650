"""An opened investigation: the parameters, the addresses they resolved to, and each area with the doors that it needs.

`lib.environment.open_environment` makes one; verbs and notebooks call the same methods, and a round keeps what they found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import handshake as hs
from lib.clients.credentials.got import NoToken
from lib.environment import by_hand
from lib.environment.authorities import trusting
from lib.environment.by_hand import UNCHANGED, ByHand
from lib.environment.configured import configuration_of
from lib.environment.credential import Credential
from lib.environment.near_refusals import quoted
from lib.environment.results import FindingsLeft, Results, refused_sessions
from lib.facts import Exchange, LogEntry, utc_now
from lib.parameters import loading as params
from lib.parameters.model import Parameters

if TYPE_CHECKING:
    from lib.captures.writing import Written
    from lib.configuration.shape import Configuration
    from lib.logs import LogReport
    from lib.performance import Measurement
    from lib.records.rounds_on_disk import Record
    from lib.suite.run import SuiteRun
    from lib.whys import Diagnosis

Progress = Callable[[str], None]


@dataclass(kw_only=True)
class Investigation:
    """What the parameters name, opened. `addresses` are those of the built-in system where it takes part; `results` is what this
    round keeps and the one before left."""

    parameters: Parameters
    round_number: int = 1
    addresses: dict[str, Any] = field(default_factory=dict)
    results: Results = field(default_factory=Results)
    opened_at: datetime = field(default_factory=utc_now)
    exchanges: list[Exchange] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    logs_refused: str | None = None
    no_token: NoToken | None = None

    @property
    def environment(self) -> str:
        """The name that the record carries."""
        return self.parameters.environment

    @property
    def record(self) -> Record | None:
        """The folder that this round writes; None where nothing is to be written."""
        return self.results.record

    @property
    def earlier(self) -> Path | None:
        """The folder of the round before, if there is one."""
        return self.results.earlier

    def recording(self, record: Record, earlier: Path | None = None) -> Investigation:
        """The same investigation, whose results go into a record."""
        return replace(self, results=Results(record=record, earlier=earlier))

    @cached_property
    def credential(self) -> Credential:
        """What the configured handshake carries, and how it is got."""
        return Credential(self.parameters)

    @property
    def handshake(self) -> hs.Handshake:
        """The configured handshake; raises `params.BadInput` where a reference that it needs cannot be read."""
        return self.credential.handshake

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value behind a reference, and every token that was got, for redaction."""
        return tuple(dict.fromkeys([*params.known_secrets(self.parameters), *params.resolved()]))

    @property
    def _people(self) -> frozenset[str]:
        # Users that the parameters name are no clients that the logs tell of by chance.
        users = (self.parameters.token.user, *self.parameters.alternatives.users)
        return frozenset(user for user in users if user)

    def rest(self) -> Any:
        """A REST door of its own (one a worker: workers that share a client wait for each other, and that would be measured)."""
        from lib.clients.rest import Rest

        return Rest()

    @cached_property
    def websockets(self) -> Any:
        """The WebSocket door."""
        from lib.clients.websocket import WebSockets

        return WebSockets()

    @cached_property
    def log_source(self) -> Any:
        """Where the servers' log entries are read from; a source that has none where `logs.source` is none."""
        from lib.logs.sources import opening

        settings = self.parameters.logs
        if settings.source == "embedded" and not self.addresses:
            found = "embedded, but this command did not start the built-in system"
            raise params.BadInput("logs.source", found, "cloud with the logs.endpoint that serve printed")
        return opening.open_source(
            settings,
            project_root=params.ROOT,
            endpoint=self.addresses.get("logs_endpoint"),
            project=self.addresses.get("project"),
            filter=self.addresses.get("filter"),
            secrets=self.secrets,
            people=self._people if self.parameters.redact.personal else None,
        )

    def handed_on(self) -> str:
        """The variable `INVESTIGATION` for children: parameters (references only), addresses and folders as JSON."""
        return json.dumps(
            {
                "environment": self.environment,
                "round_number": self.round_number,
                "parameters": self.parameters.model_dump(mode="json", by_alias=True),
                "addresses": {name: value for name, value in self.addresses.items() if name != "environment"},  # they inherit it
                "record": str(self.record.folder) if self.record else None,
                "earlier": str(self.earlier) if self.earlier else None,
            }
        )

    async def control(self) -> Exchange:
        """A request that must appear in the logs if any does: the health route, without a credential."""
        door = self.rest()
        try:
            request = hs.rest_request(self.handshake, self.parameters.target.health_path, now=utc_now(), with_credential=False)
            exchange: Exchange = await door.ask(request, of="control", label="health")
        finally:
            await door.close()
        self._keep_exchanges("control", [exchange])
        return exchange

    async def exercise(self) -> list[Exchange]:
        """A handful of exchanges for the logs to tell of, where no round has left any."""
        await self.credential.sign_in()
        door = self.rest()
        try:
            seen = [await self.control()]
            for path in (self.parameters.target.protected_path, self.parameters.target.health_path):
                seen.append(await door.ask(hs.rest_request(self.handshake, path, now=utc_now()), of="probe", label=path))
            for _ in range(2):
                request = hs.websocket_request(self.handshake, now=utc_now())
                seen.append(await self.websockets.knock(request, of="probe", label="handshake"))
        finally:
            await door.close()
        self._keep_exchanges("exercise", seen[1:])
        return seen

    async def suite(self, on_progress: Progress | None = None) -> SuiteRun:
        """Runs the suite that the parameters name in a subprocess, says what each pass is worth; without one nothing is sent."""
        from lib.suite.run import NOT_GIVEN, run_suite_beside

        if not self.parameters.suite.given:
            return NOT_GIVEN
        if self.parameters.suite.junit is None and self.parameters.target.rest_url:
            await self.control()
        lent = self.credential.lent(json.loads(self.handed_on()), on_progress)
        async with lent as investigation:
            with trusting(self.parameters.target.tls) as variables:
                settings = self.parameters.suite.model_copy(update={"env": {**variables, **self.parameters.suite.env}})
                run = await run_suite_beside(
                    settings, investigation=investigation, features=self.parameters.features, on_progress=on_progress
                )
        self._keep_exchanges("suite", run.exchanges)
        failing, untested = (sum(case.outcome in of for case in run.cases) for of in (("failed", "error"), ("untested",)))
        document = run.as_json(self.environment)
        told = [f"{failing} cases failed"] * bool(failing) + [f"{untested} cases did not come to run"] * bool(untested)
        self._note(run.exchanges, ", ".join(told), document)
        self.results.keep("suite", document, suite=run.rows() if self.results.record else ())  # of many cases they weigh much
        self.results.keep_xml("junit.xml", run.junit() if self.results.record else "")
        return run

    async def whys(self, on_progress: Progress | None = None, *, watch_for_s: float | None = None) -> Diagnosis:
        """The diagnosis of the configured handshake; or what a watch of so many seconds sees, unless it is refused each time."""
        from lib.whys.unasked import unasked

        began_at = utc_now()
        _ = self.record or self.log_source  # what cannot be there is refused before anything is sent; a round has looked
        try:
            async with self.credential.signed_in(on_progress):
                diagnosis = await self._investigated(on_progress, watch_for_s)
                if watch_for_s is not None and diagnosis.never_accepted and not diagnosis.interrupted:
                    if on_progress:
                        on_progress("refused each time, so that nothing is rare: it is diagnosed as without --for")
                    diagnosis = await self._investigated(on_progress)
        except NoToken as error:
            self.no_token = error
            diagnosis = unasked(error, environment=self.environment, at=began_at, until=utc_now())
        self._keep_exchanges("whys", diagnosis.exchanges)
        if diagnosis.verdict != "healthy":
            self.found.append(f"the diagnosis says {diagnosis.verdict}")
        self.results.keep("diagnosis", diagnosis.as_json())
        return diagnosis

    async def _investigated(self, on_progress: Progress | None, watch_for_s: float | None = None) -> Diagnosis:
        from lib.environment.evidence import gathered
        from lib.whys import investigate

        door = self.rest()
        try:
            evidence = await gathered(self.parameters, self.handshake, door, self.addresses, on_progress)
            self.configuration = evidence.configuration
            return await investigate(
                self.parameters,
                handshake=self.handshake,
                rest=door,
                ws=self.websockets,
                logs=None if self.parameters.logs.source == "none" else self.logs_for,
                near=lambda *seen: quoted(self.log_source, *seen, since=self.opened_at),
                evidence=evidence.found,
                not_read=evidence.not_read,
                from_s=None if watch_for_s else evidence.began_s,
                logs_refused=lambda: self.logs_refused,
                on_progress=on_progress,
                watch_for_s=watch_for_s,
            )
        finally:
            await door.close()

    @cached_property
    def configuration(self) -> Configuration:
        """What is configured, as far as `evidence.configuration` names it; raises `params.BadInput`."""
        return configuration_of(self.parameters, self.addresses)

    def logs_for(self, trace_ids: Iterable[str]) -> list[LogEntry]:
        """The servers' entries of these traces, once they have had time to arrive."""
        from lib.logs import SourceRefused

        if self.logs_refused is not None:
            return []
        try:
            return self.log_source.for_traces(trace_ids, since=self.opened_at)
        except (SourceRefused, params.BadInput, OSError) as refused:
            # The handshakes are worth more than their log lines: the diagnosis goes on, and says that it has none.
            self.logs_refused = str(refused)
            return []

    def logs(self, exchanges: Sequence[Exchange] | None = None, on_progress: Progress | None = None) -> LogReport:
        """The round's exchanges (or those given) beside what the servers said of them.

        Entries that this round has kept already are not read again, and stand in for a source that is gone.
        """
        from lib.logs import SourceRefused, entries_rows, investigate_logs, repeat_logs, without_entries

        known = self.known_exchanges() if exchanges is None else exchanges
        settings, kept, before = self.parameters.logs, self.results.reading(), self.results.earlier_reading()
        report = repeat_logs(settings, kept, known, before=before) if kept else None
        try:
            report = report or investigate_logs(
                settings, self.log_source, known, now=utc_now(), before=before, on_progress=on_progress
            )
        except (SourceRefused, params.BadInput) as refused:
            report = repeat_logs(settings, kept, known, anyway=True, before=before) if kept else None
            if report is None:
                if self.results.record is None:
                    raise
                # In a round the other notebooks go on: this one says that nothing could be read.
                report = without_entries(settings, known, str(refused))
                self.results.keep("logs", report.as_json(), correlation=report.rows())
                return report
        self.results.keep("logs", report.as_json(), correlation=report.rows(), entries=entries_rows(report.reading))
        return report

    async def performance(self, on_progress: Progress | None = None) -> Measurement:
        """The figures of `objectives`, measured on real traffic."""
        from lib.performance import measure, not_measured
        from lib.reports.report import is_unmet

        try:
            async with self.credential.signed_in(on_progress):
                measurement = await measure(
                    self.parameters, handshake=self.handshake, rest_factory=self.rest, ws=self.websockets, on_progress=on_progress
                )
        except NoToken as error:
            self.no_token = error
            measurement = not_measured(self.parameters, f"for want of a token, as {error}")
        self._keep_exchanges("performance", measurement.exchanges)
        document = measurement.as_json(self.environment)
        unmet = [figure["name"] for figure in document["figures"] if is_unmet(figure)]
        self._note(measurement.exchanges, f"objectives not met: {', '.join(unmet)}" if unmet else "")
        self.results.keep("performance", document, latency=measurement.rows())
        return measurement

    def _note(self, exchanges: Sequence[Exchange], found: str = "", suite: dict[str, Any] | None = None) -> None:
        """Notes what is a finding, and that the server refused every session that was opened, where it did."""
        self.closed = refused_sessions(exchanges, self.parameters.target.ws_url or self.addresses.get("ws_url"), suite)
        self.found += [*([found] if found else []), *self.closed]

    def report(self, notebooks: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """What this round says, computed from what the other notebooks left; empty sections where they left nothing."""
        from lib.performance.ledger import as_rows, without_asserted
        from lib.reports.report import findings, round_report

        left = self.results.document
        performance = left("performance")
        entries = self.results.figures(performance)
        report = round_report(
            parameters=self.parameters.model_dump(mode="json", by_alias=True),
            round_number=self.round_number,
            suite=left("suite"),
            diagnosis=left("diagnosis"),
            logs=left("logs"),
            performance=performance and without_asserted(performance, entries),
            ledger=as_rows(entries),
            exchanges=self.known_exchanges(),
            earlier=self.results.earlier_report(),
            notebooks=notebooks,
        )
        self.found += [report["headline"]] if findings(report) else []
        self.results.keep("report", report)
        return report

    def conclude(self) -> None:
        """The last cell of a notebook: raises `FindingsLeft` where `fail_on_findings` asks for it, never within a round."""
        if self.parameters.fail_on_findings and self.found and not self.record:
            raise FindingsLeft(self.found)

    def known_exchanges(self) -> list[Exchange]:
        """The exchanges of this round so far, and those of this process."""
        kept = self.results.exchanges()
        ids = {exchange.id for exchange in kept}
        return [*kept, *(exchange for exchange in self.exchanges if exchange.id not in ids)]

    def _keep_exchanges(self, source: str, exchanges: Iterable[Exchange]) -> None:
        exchanges = list(exchanges)
        self.exchanges.extend(exchanges)
        self.results.keep_exchanges(source, exchanges)

    def repeat(self, diagnosis: Diagnosis) -> dict[str, Written]:
        """The diagnosis' minimal pair as curl, websocat and Python lines; without one the configured handshake."""
        from lib.environment.repeating import repeated

        return {} if self.no_token else repeated(self.parameters, self.handshake, diagnosis.as_json(), now=utc_now())

    def regression_test(self) -> str:
        """The configured handshake as a test file, with a control beside it."""
        from lib.environment.repeating import as_test

        return as_test(self.parameters, self.handshake, now=utc_now())

    async def probe(
        self,
        *,
        key: str = UNCHANGED,
        token: str = UNCHANGED,
        credential: str = UNCHANGED,
        algorithm: str = UNCHANGED,
        claims: Mapping[str, Any] = UNCHANGED,
        user: str | None = UNCHANGED,
        lifetime_s: float = UNCHANGED,
        issued_ago_s: float = UNCHANGED,
        scheme: str = UNCHANGED,
        carrier: str = UNCHANGED,
        carrier_name: str | None = UNCHANGED,
        carrier_encoding: str = UNCHANGED,
        origin: str | None = UNCHANGED,
        subprotocols: Sequence[str] = UNCHANGED,
        path: str = UNCHANGED,
        host: str = UNCHANGED,
        port: int | None = UNCHANGED,
        url_scheme: str = UNCHANGED,
        host_header: str = UNCHANGED,
        headers: Mapping[str, str] = UNCHANGED,
        proxy: str = UNCHANGED,
        session: Mapping[str, Any] | None = UNCHANGED,
        **dotted: Any,
    ) -> ByHand:
        """One handshake with some factors changed by hand, e.g. `probe(user="staging-e2e-user-002")` or `probe(key="env:OTHER")`.

        Factors and values are those that a diagnosis prints, `**{"claims.aud": "api"}` too; secrets are references. Raises
        `params.BadInput` for what could not be sent as meant.
        """
        named = {name: value for name, value in locals().items() if name not in {"self", "dotted"}} | dotted
        given = {name: value for name, value in named.items() if value is not UNCHANGED}
        try:
            await self.credential.sign_in()
        except NoToken as error:
            return by_hand.unasked(error, given, at=utc_now())
        logs_for = None if self.parameters.logs.source == "none" else self.logs_for
        return await by_hand.asked(self.handshake, self.parameters, given, self.websockets, logs_for, self.secrets)
