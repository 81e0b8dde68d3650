"""nginx's rewrite phase for a handshake: variables, conditions, answers and paths, in the order in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lib.configuration.readers.nginx_directives import Directive
from lib.configuration.readers.nginx_values import PLAIN, Variables, by_name, matches
from lib.configuration.shape import Place, Policy, Rewrite

_REDIRECTS = ("http://", "https://", "$scheme")
_OF_THE_PHASE = frozenset({"if", "return", "break", "set", "rewrite"})
_TESTS_OF_FILES = re.compile(r"!?-[fdex]")


@dataclass
class Flow:
    """What becomes of a handshake before anything is passed on.

    `answered`: the `return` that answers it. `is_open`: whether an answer may come first from a condition that is not told.
    `passes`: the proxy_pass of an `if` that holds. `passes_elsewhere`: whether an `if` that is not told may have another.
    """

    variables: Variables
    answered: Directive | None = None
    is_open: bool = False
    passes: Directive | None = None
    passes_elsewhere: bool = False
    rewrites: list[Rewrite] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    not_told: list[Place] = field(default_factory=list)
    _is_broken: bool = False

    def run(self, block: Iterable[Directive], *, is_server: bool) -> None:
        """Takes the directives of a server, or of the location that follows it."""
        self._is_broken = False
        for one in block:
            if one.name not in _OF_THE_PHASE:
                continue
            if self.answered or self._is_broken:
                return
            if one.name == "if":
                self._condition(one, is_server=is_server)
            else:
                self._plain(one, is_server=is_server)

    def _plain(self, one: Directive, *, is_server: bool) -> None:
        if one.name == "return":
            self.answered = one
        elif one.name == "break":
            self._is_broken = True
        elif one.name == "set" and len(one.args) == 2:
            self.variables = self.variables.having(one.args[0], self.variables.in_handshake(one.args[1]))
        elif one.name == "rewrite" and len(one.args) >= 2:
            self.rewrites.append(_rewrite(one, self.variables, is_server=is_server))

    def _condition(self, one: Directive, *, is_server: bool) -> None:
        found = holds(one.args, self.variables)
        if found:
            for inner in one.block:
                if not self.answered and not self._is_broken:
                    self._plain(inner, is_server=is_server)
            self.passes = next(iter(by_name(one.block, "proxy_pass")), self.passes)
        elif found is None:
            policy = _of_origin(one, self.variables)
            self.policies += [policy] if policy else []
            is_told = policy and not any("$" in becomes.replace("$http_origin", "") for _, becomes in policy.table)
            self.not_told += [] if is_told else [one.place]
            self._perhaps(one.block, is_server=is_server)

    def _perhaps(self, block: Iterable[Directive], *, is_server: bool) -> None:
        """Takes what may be done or not: nothing is told of it afterwards."""
        for one in block:
            if one.name in ("return", "break"):
                self.is_open = True
            elif one.name == "proxy_pass":
                self.passes_elsewhere = True
            elif one.name == "set" and len(one.args) == 2:
                self.variables = self.variables.having(one.args[0], None)
            elif one.name == "rewrite" and len(one.args) >= 2:
                ends = _rewrite(one, self.variables, is_server=is_server).ends
                self.rewrites.append(Rewrite(one.first(), None, "here" if ends == "here" else "anew", one.place))


def flow_of(server: Directive, location: Directive, variables: Variables) -> Flow:
    """What the phase makes of a handshake in a server, then in one of its locations (the server itself: none of them)."""
    flow = Flow(variables)
    flow.run(server.block, is_server=True)
    if location is not server:
        flow.run(location.block, is_server=False)
    return flow


def refuses_upgrades(flow: Flow, server: Directive, location: Directive, variables: Variables) -> bool:
    """Whether a plain GET beside this handshake gets past what answers it."""
    plain = flow_of(server, location, variables.of_request(PLAIN))
    return flow.answered is not None and plain.answered is not flow.answered and not plain.is_open


def holds(condition: tuple[str, ...], variables: Variables) -> bool | None:
    """Whether an `if` holds of a handshake; None where that is not told."""
    variable, operator, wanted, *_ = (*condition, "", "", "")
    held = variables.in_handshake(variable)
    if "$" in held or _TESTS_OF_FILES.match(variable):
        return None
    if not operator:
        return held not in ("", "0")
    if "~" in operator:
        found = matches(wanted, held, folds_case="*" in operator)
    elif operator in ("=", "!="):
        wanted = variables.in_handshake(wanted)
        found = None if "$" in wanted else held == wanted
    else:
        return None
    return None if found is None else found is not operator.startswith("!")


def _rewrite(one: Directive, variables: Variables, *, is_server: bool) -> Rewrite:
    pattern, to, *flags = one.args
    if {"redirect", "permanent"} & set(flags) or to.startswith(_REDIRECTS):
        status = 301 if "permanent" in flags else 302
        return Rewrite(pattern, variables.in_handshake(to), "redirect", one.place, status)
    # What a server rewrites, and what no `break` ends, looks for its location anew.
    is_here = "break" in flags and not is_server
    return Rewrite(pattern, variables.in_handshake(to), "here" if is_here else "anew", one.place)


def _of_origin(block: Directive, variables: Variables) -> Policy | None:
    """The rule that an `if` on the Origin is, which depends on which one is sent."""
    answer = next((one.first() for one in block.block if one.name == "return"), "")
    variable, operator, wanted, *_ = (*block.args, "", "", "")
    table = variables.of_origin(variable)
    if not answer.startswith(("4", "5")) or not (table or variable == "$http_origin"):
        return None
    if "~" not in operator and "$" in (wanted := variables.in_handshake(wanted)):
        return None
    words = f"if on {'a map of the Origin' if table else 'the Origin'}, answered with {answer}"
    pattern = f"{operator} {wanted}" if operator else ""
    status = int(answer) if re.fullmatch("[1-5][0-9]{2}", answer) else None
    return Policy(kind="origin", words=words, place=block.place, pattern=pattern, table=table, answers=status)
