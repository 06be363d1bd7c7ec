"""The whole pipeline: observe, walk, diagnose, predict, prescribe, conclude.

`conclude` is a pure function of a Recording: a live check and a replay end in the same report.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from diagnose.catalogue import entries
from diagnose.chain.reading import fingerprint, readable
from diagnose.chain.walk import Ground, walk_everything, walk_store
from diagnose.model.attempt import Stage
from diagnose.model.case import Case
from diagnose.model.certificate import Certificate
from diagnose.model.client import Client
from diagnose.model.diagnosis import Cause, Diagnosis
from diagnose.model.errors import DiagnoseError
from diagnose.model.nouns import dataclass
from diagnose.model.observation import Observation, Recording
from diagnose.model.remedy import Commands, Prescriber, Remedy
from diagnose.model.report import Report, TargetReport
from diagnose.model.store import StoreName
from diagnose.model.text import printable
from diagnose.model.verdict import exit_code
from diagnose.report.sentences import conclusion

if TYPE_CHECKING:
    from diagnose.stores.certifi_store import CertifiPackage


#: The cause that speaks only when no other one explains the failure.
FALLBACK = "unexplained"

#: A command line that is longer can neither be read out nor pasted with care.
COMMAND_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. `seconds` is the time limit of each stage of a connection."""

    bundle: str | None = None
    proxy: str | None = None
    seconds: float = 10.0
    fetch: bool = True
    require: tuple[StoreName, ...] = ()


def check(
    *hosts: str,
    bundle: str | None = None,
    proxy: str | None = None,
    timeout: float = 10.0,
    aia: bool = True,
    require: Collection[StoreName | str] = (),
) -> Report:
    """Connect to each host and report which trust store would succeed, and why not the others.

    `hosts` are names, `name:port`, addresses or https URLs. `bundle` is a PEM file or a hashed
    directory, `proxy` the URL of an HTTP proxy, `timeout` the seconds for each stage, `aia` allows
    caIssuers addresses to be asked. Raises DiagnoseError for input that cannot be used; a network
    that fails is part of the report.
    """
    known = tuple(map(str, StoreName))
    for name in require:
        if str(name) not in known:
            raise DiagnoseError(f"`require` names stores: {', '.join(known)}; not {name!r}")
    names = tuple(StoreName(name) for name in require)
    return conclude(observe(hosts, Options(bundle, proxy, timeout, aia, names)))


def observe(
    hosts: Sequence[str],
    options: Options,
    environment: Mapping[str, str] | None = None,
    package: CertifiPackage | None = None,
) -> Recording:
    """The facts about every host, seen from here and now. Raises DiagnoseError.

    Tests bring an `environment` and a certifi `package` of their own.
    """
    environment = os.environ if environment is None else environment
    # What takes long and needs no answer of ours begins first: pip, and the largest import.
    from diagnose.stores.pip_settings import ask

    question = ask(environment)
    importing = Thread(target=_import_openssl, daemon=True)
    importing.start()
    from diagnose.platforms import here, native
    from diagnose.platforms.survey import survey
    from diagnose.probe.observe import Plan
    from diagnose.probe.record import record
    from diagnose.probe.routes import choose_way
    from diagnose.probe.targets import parse_target
    from diagnose.stores.certifi_store import find
    from diagnose.stores.opened import Sources, open_stores

    surroundings = survey(environment)
    settings = native(here()).proxy_settings()
    targets = []
    for host in hosts:
        target = parse_target(host)
        way = choose_way(target.host, target.port, options.proxy, environment, settings)
        targets.append((target.by(way.route), way))
    sources = Sources(
        surroundings,
        environment,
        options.bundle,
        question.answer(),
        package or find(),
        first_name=targets[0][0].server_name if targets else "",
    )
    stores = open_stores(sources)
    for name in options.require:
        if not stores.get(name).facts.configured:
            raise DiagnoseError(
                f"--require {name}: no {name} store is configured; {_way_out(name)}"
            )
    importing.join()
    plan = Plan(options.seconds, options.fetch)
    # While the connections wait for their peers, what judges them is imported.
    judging = Thread(target=_import_judges, daemon=True)
    judging.start()
    recording = record(targets, stores, surroundings, plan, options.require)
    judging.join()
    return recording


def conclude(recording: Recording) -> Report:
    """Everything that follows from the facts."""
    cases = build_cases(recording)
    targets = tuple(_conclude(case) for case in cases)
    asked = [case.verdict(name) for case in cases for name in case.asked]
    return Report(recording, targets, exit_code(asked))


def build_cases(recording: Recording) -> tuple[Case, ...]:
    """Each observation with its walks."""
    ders = {fingerprint(der): der for der in recording.certificates}
    found = {print_: readable(der) for print_, der in ders.items()}
    certificates = {print_: each for print_, each in found.items() if each is not None}
    anchors = {
        store.name: tuple(certificates[each] for each in store.kept if each in certificates)
        for store in recording.stores
        if store.configured
    }

    def case(observation: Observation) -> Case:
        fetched = [each for fetch in observation.fetches for each in fetch.certificates]
        ground = Ground(
            sent=_known(observation.capture.chain, certificates),
            fetched=_known(fetched, certificates),
            # A store whose file could not be loaded was not looked in.
            anchors={name: held for name, held in anchors.items() if _loaded(observation, name)},
            instant=recording.surroundings.instant,
            asked=any(fetch.asked for fetch in observation.fetches),
        )
        walks = {name: walk_store(ground, name) for name in ground.anchors}
        return Case(recording, observation, certificates, walks, walk_everything(ground))

    return tuple(case(observation) for observation in recording.observations)


def diagnose(case: Case) -> tuple[Diagnosis, ...]:
    """Every cause that is recognised, the most urgent first, remarks last.

    A cause that only follows from another one here is left out.
    """
    causes = sorted(entries("diagnose.causes", "CAUSE", Cause), key=lambda cause: cause.rank)
    found = [(cause, cause.recognise(case)) for cause in causes]
    recognised = [(cause, finding) for cause, finding in found if finding is not None]
    covered = {each for cause, finding in recognised if not finding.remark for each in cause.covers}
    diagnoses = [
        Diagnosis(cause.id, finding) for cause, finding in recognised if cause.id not in covered
    ]
    named = [each for each in diagnoses if each.cause != FALLBACK]
    if any(not each.finding.remark for each in named):
        diagnoses = named
    return tuple(sorted(diagnoses, key=lambda diagnosis: diagnosis.finding.remark))


def prescribe(case: Case, diagnoses: Sequence[Diagnosis]) -> tuple[Remedy, ...]:
    """The remedies for all needs: of the most urgent diagnosis first, and of each the least change.

    What lowers security stands last, whatever it is for.
    """
    clients = entries("diagnose.clients", "CLIENT", Client)
    others = entries("diagnose.remedies", "PRESCRIBER", Prescriber)
    remedies: dict[tuple[str, str], Remedy] = {}
    for diagnosis in diagnoses:
        met = [
            remedy
            for need in diagnosis.finding.needs
            for remedy in (
                *(each for client in clients for each in client.meet(need, case)),
                *(each for other in others for each in other.prescribe(need, case)),
            )
        ]
        for remedy in sorted(map(_pasteable, met), key=lambda each: each.order):
            remedies.setdefault((remedy.for_, remedy.title), remedy)
    return tuple(sorted(remedies.values(), key=lambda each: each.lowers_security))


def _pasteable(remedy: Remedy) -> Remedy:
    """Without its commands where one cannot be shown as it is: escaped, it would say another."""
    lines = [
        line
        for commands in (remedy.commands, remedy.undo)
        for line in (*commands.sh, *commands.powershell, *commands.cmd)
    ]
    if all(printable(line, COMMAND_LIMIT) == line for line in lines):
        return remedy
    return replace(remedy, commands=Commands(), undo=Commands())


def _conclude(case: Case) -> TargetReport:
    diagnoses = diagnose(case)
    predictions = [client.predict(case) for client in entries("diagnose.clients", "CLIENT", Client)]
    sentence, who = conclusion(case, diagnoses)
    return TargetReport(
        case=case,
        summary=sentence,
        who=who,
        diagnoses=diagnoses,
        remedies=prescribe(case, diagnoses),
        clients=tuple(each for each in predictions if each is not None),
    )


def _known(
    prints: Sequence[str], certificates: Mapping[str, Certificate]
) -> tuple[Certificate, ...]:
    return tuple(certificates[each] for each in prints if each in certificates)


def _loaded(observation: Observation, name: StoreName) -> bool:
    attempt = observation.attempt(name)
    return attempt is None or attempt.failure is None or attempt.failure.stage is not Stage.STORE


def _import_judges() -> None:
    entries("diagnose.causes", "CAUSE", Cause)
    entries("diagnose.clients", "CLIENT", Client)
    entries("diagnose.remedies", "PRESCRIBER", Prescriber)


def _import_openssl() -> None:
    """The largest import of a check; stores are read and contexts loaded meanwhile."""
    import truststore  # noqa: F401 - imported to be there, used in `stores.contexts`


def _way_out(name: StoreName) -> str:
    if name is StoreName.BUNDLE:
        return "name one with --bundle or REQUESTS_CA_BUNDLE"
    return "install it, or leave the option out"
