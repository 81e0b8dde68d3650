"""The composition root: opens what the parameters name, and closes it all at exit."""

from __future__ import annotations

import ast
import atexit
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.environment import embedded
from lib.environment.in_notebook import InNotebook, running_shell, tell_bad_input_in_its_sentence
from lib.environment.investigation import Investigation
from lib.environment.results import Results
from lib.parameters import loading as params
from lib.parameters.model import Parameters

if TYPE_CHECKING:
    from lib.records.rounds_on_disk import Record

NOTEBOOK_PARAMETERS = ("environment", "round_number", "overrides")
INJECTED = "# Parameters\n"
"""How the cell begins that papermill puts below the one with the parameters."""
_open: dict[str, embedded.Embedded] = {}


def open_environment(
    environment: str | Path = "embedded", round_number: int = 1, overrides: Mapping[str, Any] | None = None
) -> Investigation:
    """What a notebook's second cell and every verb open: the named parameters, with the built-in system running where they ask
    for it.

    Inside a round it joins what the round has opened (and ignores the arguments, which the round has resolved already);
    alone it starts its own, ends it at exit, and writes no file.
    """
    handed_on = params.investigation_of_parent()
    if handed_on:
        return _join(handed_on)
    _check_round_number(round_number)
    shell = running_shell()
    if shell is not None:
        tell_bad_input_in_its_sentence(shell)
        check_injected(shell.user_ns.get("In") or ())
    wanted = "a file inside the project, or the command as an override"
    params.refuse_foreign_commands(environment, overrides, accepted=wanted)
    parameters = params.load(environment, overrides)
    if shell is not None:
        close_all()  # the cell is run again: what it opened before has no reader any more
    kind = InNotebook if hasattr(shell, "kernel") else Investigation
    results = Results(shelf=_shelf(parameters, round_number))
    return open_parameters(parameters, round_number=round_number, results=results, kind=kind)


def open_parameters(
    parameters: Parameters,
    *,
    round_number: int = 1,
    results: Results | None = None,
    kind: type[Investigation] = Investigation,
) -> Investigation:
    """The same for parameters that are already loaded."""
    results = results or Results()
    if parameters.environment != "embedded" or parameters.target.ws_url is not None:
        return kind(parameters=parameters, round_number=round_number, results=results)
    system = embedded.start(parameters.embedded.faults, port=parameters.embedded.port)
    _open[system.addresses["rest_url"]] = system
    atexit.register(close_all)
    before = params.set_variables(variables_of(system.addresses))
    if before:
        atexit.register(params.set_variables, before)
    return kind(
        parameters=with_addresses(parameters, system.addresses),
        round_number=round_number,
        addresses=system.addresses,
        results=results,
    )


def embedded_alive(investigation: Investigation) -> bool:
    """Whether the built-in system that this process started for the investigation still runs; True where it started none."""
    system = _open.get(investigation.addresses.get("rest_url", ""))
    return system is None or system.alive


def close_all(*, within_s: float = embedded.STOP_TIMEOUT_S) -> None:
    """Ends every built-in system that this process started, and kills each that takes longer than this."""
    while _open:
        _open.popitem()[1].stop(within_s=within_s)


def variables_of(addresses: Mapping[str, Any]) -> dict[str, str]:
    """What clients of the built-in system have in their environment: its proxy, and the authority that they are told to trust."""
    authority = (addresses.get("tls") or {}).get("ca") if addresses["ws_url"].startswith("wss:") else None
    return {**(addresses.get("environment") or {}), **({"SSL_CERT_FILE": authority} if authority else {})}


def with_addresses(parameters: Parameters, addresses: Mapping[str, Any]) -> Parameters:
    """The parameters of the built-in system that listens at these addresses."""
    document = parameters.model_dump(by_alias=True)
    document["target"] |= {"rest_url": addresses["rest_url"], "ws_url": addresses["ws_url"]}
    return params.validated(document, "embedded")


def _join(handed_on: Mapping[str, Any]) -> Investigation:
    from lib.records.pseudonym_key import use_key_of
    from lib.records.rounds_on_disk import Record

    parameters = params.validated(handed_on["parameters"], "INVESTIGATION")
    folder = handed_on.get("record")
    if folder:
        use_key_of(Path(folder).parent, params.pseudonym_key(parameters))
    return Investigation(
        parameters=parameters,
        round_number=handed_on["round_number"],
        addresses=handed_on["addresses"],
        results=Results(
            record=Record(Path(folder), secrets=params.known_secrets(parameters)) if folder else None,
            earlier=Path(handed_on["earlier"]) if handed_on.get("earlier") else None,
        ),
    )


def _shelf(parameters: Parameters, round_number: int) -> Record | None:
    from lib.records.rounds_on_disk import Record

    record = Record(params.ROOT / "outputs" / f"round-{round_number:02d}")
    report = record.read_json("report")
    return record if report and report.get("environment") == parameters.environment else None


def check_injected(inputs: Iterable[str]) -> None:
    """Refuses a parameter that papermill put into a notebook and that no notebook has; `inputs` are the cells run so far."""
    for source in inputs:
        if source.startswith(INJECTED):
            statements = [statement for statement in ast.parse(source).body if isinstance(statement, ast.Assign)]
            names = [target.id for statement in statements for target in statement.targets if isinstance(target, ast.Name)]
            for name in names:
                if name not in NOTEBOOK_PARAMETERS:
                    raise params.BadInput(
                        f"the notebook parameter {name}", "there is none of this name", ", ".join(NOTEBOOK_PARAMETERS)
                    )


def _check_round_number(number: Any) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 9999:
        raise params.BadInput("round_number", f"found {number!r}", "a whole number from 1 to 9999")
