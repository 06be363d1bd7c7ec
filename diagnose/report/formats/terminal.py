"""The format for people: the answer first, then stores, chain, diagnoses, remedies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagnose.model.case import Case
from diagnose.model.client import Prediction
from diagnose.model.diagnosis import Diagnosis, Who
from diagnose.model.exits import MEANING
from diagnose.model.remedy import Commands, Remedy
from diagnose.model.report import Page, Renderer, Report, TargetReport
from diagnose.model.store import StoreName
from diagnose.model.surroundings import Platform
from diagnose.model.target import ThroughProxy
from diagnose.model.text import count
from diagnose.model.verdict import Verdict
from diagnose.report.drawing import ladder, unused
from diagnose.report.lines import Writer
from diagnose.report.sentences import WHO, reason, route_words, strict_words, where

#: Sign and colour of a verdict; the word always stands beside them.
_VERDICTS = {
    Verdict.VERIFIES: ("✔", "green"),
    Verdict.FAILS: ("✘", "red"),
    Verdict.NOT_REACHED: ("?", "yellow"),
    Verdict.NOT_CONFIGURED: ("-", "dim"),
}
#: Certificates that were sent for nothing are a remark; a maze of them would be a wall of text.
_UNUSED_SHOWN = 5
_VERDICT_WIDTH = max(len(verdict) for verdict in Verdict) + 1
_NAME_WIDTH = max(len(name) for name in StoreName) + 1


def render(report: Report, page: Page) -> str:
    """The report as text of at most `page.width` columns; commands are never wrapped."""
    writer = Writer(page)
    for position, target in enumerate(report.targets):
        if position:
            writer.blank()
        _target(writer, target)
    if len(report.targets) > 1:
        _overview(writer, report)
    writer.blank()
    writer.line(f"exit code {int(report.exit_code)}: {MEANING[report.exit_code]}", style="dim")
    return writer.text()


def _target(writer: Writer, report: TargetReport) -> None:
    case = report.case
    good = all(case.verdict(name) is Verdict.VERIFIES for name in case.asked)
    sign = "✘ " if not good else "✔ " if report.who is Who.NOBODY else "! "
    writer.line(report.summary, head=sign, style="bold")
    writer.blank()
    writer.line(f"{case.target.label}{_addresses(case)}, {route_words(case)}", 2)
    _stores(writer, case)
    _chain(writer, case)
    _diagnoses(writer, report.diagnoses)
    _clients(writer, report.clients)
    _remedies(writer, report.remedies, case.surroundings.platform)


def _addresses(case: Case) -> str:
    """The address that answered, else all that were tried; through a proxy they are not known."""
    if isinstance(case.target.route, ThroughProxy) or case.target.is_address:
        return ""
    answered = case.observation.capture.address
    known = [answered] if answered else list(case.observation.addresses[:4])
    return f" ({', '.join(known)})" if known else ""


def _stores(writer: Writer, case: Case) -> None:
    writer.heading("Trust stores (lists of trusted authorities, called anchors)")
    for name in StoreName:
        verdict = case.verdict(name)
        sign, colour = _VERDICTS[verdict]
        head = f"{sign} {name:<{_NAME_WIDTH}}{verdict:<{_VERDICT_WIDTH}}"
        writer.line(reason(case, name), 2, head, style=colour)
        left = 4 + _NAME_WIDTH
        if case.store(name).configured:
            writer.line(where(case.store(name)), left, style="dim")
        for note in case.store(name).notes if verdict is not Verdict.VERIFIES else ():
            writer.line(note, left, "note: ", style="dim")
        if words := strict_words(case, name):
            writer.line(words, left, style="yellow")
    _settings(writer, case)


def _settings(writer: Writer, case: Case) -> None:
    """All settings that name a bundle, where there is more than the one that was probed."""
    settings = case.recording.bundle_settings
    if len(settings) < 2:
        return
    probed = settings[0].digest
    writer.line("settings that name a bundle, the strongest first:", 4, style="dim")
    for setting in settings:
        anchors = "not readable" if setting.anchors is None else count(setting.anchors, "anchor")
        remark = (
            "probed"
            if setting.probed
            else ("the same anchors" if setting.digest == probed else "other anchors than that")
        )
        writer.line(f"{setting.source}={setting.path}: {anchors}, {remark}", 6, "- ", style="dim")


def _chain(writer: Writer, case: Case) -> None:
    rungs = ladder(case)
    if not rungs:
        return
    sent = len(case.observation.capture.chain)
    writer.heading(f"Chain, from the server's certificate upwards ({sent} sent)")
    for depth, rung in enumerate(rungs):
        indent = 2 + 3 * min(depth, 8)
        lead = "" if depth == 0 else "└─ "
        sign = {True: "✔ ", False: "✘ ", None: "? "}[rung.good]
        style = {True: "green", False: "red", None: "yellow"}[rung.good]
        if depth:
            indent -= 3
        writer.line(rung.title, indent, f"{lead}{sign}", style=style)
        for note in rung.notes:
            writer.line(note, indent + len(lead) + 2, style="dim")
    for certificate in unused(case)[:_UNUSED_SHOWN]:
        writer.line(certificate.subject.text, 2, "also sent, not needed: ", style="dim")


def _diagnoses(writer: Writer, diagnoses: Sequence[Diagnosis]) -> None:
    if not diagnoses:
        return
    writer.heading("What is wrong" if not diagnoses[0].finding.remark else "Remarks")
    for position, diagnosis in enumerate(diagnoses):
        finding = diagnosis.finding
        if finding.remark and position and not diagnoses[position - 1].finding.remark:
            writer.heading("Remarks")
        writer.line(finding.summary, 2, f"{finding.confidence}: ")
        for evidence in finding.evidence:
            writer.line(evidence, 4, "- ", style="dim")
        writer.command(f"more: diagnose explain {diagnosis.cause}", 4)


def _clients(writer: Writer, clients: Sequence[Prediction]) -> None:
    if not clients:
        return
    writer.heading("Programs found here")
    for client in clients:
        sign, colour = _VERDICTS[client.verdict] if client.verdict else ("?", "yellow")
        verdict = str(client.verdict) if client.verdict else "cannot tell"
        head = f"{sign} {client.name} {client.version} "
        if client.verdict is Verdict.NOT_REACHED:
            verdict = "would not get that far"
        writer.line(f"{verdict}: {client.because}", 2, head, style=colour)
        if client.ignored:
            writer.line(f"ignores {', '.join(client.ignored)}", 6, style="dim")


def _remedies(writer: Writer, remedies: Sequence[Remedy], platform: Platform) -> None:
    if not remedies:
        return
    writer.heading("What to do")
    for position, remedy in enumerate(remedies, start=1):
        warning = "LOWERS SECURITY: " if remedy.lowers_security else ""
        actor = "" if remedy.who is Who.USER else f"; {WHO[remedy.who]}"
        said = f"{warning}{remedy.for_}: {remedy.title} ({remedy.reach}{actor})"
        writer.line(said, 2, f"{position}. ")
        for command in _for(platform, remedy.commands):
            writer.command(command, 7)
        undo = list(_for(platform, remedy.undo))
        if undo:
            writer.line("to undo:", 5, style="dim")
            for command in undo:
                writer.command(command, 7)


def _for(platform: Platform, commands: Commands) -> Iterable[str]:
    """The commands for the shell that a user of this platform most likely has open."""
    return commands.powershell if platform is Platform.WINDOWS else commands.sh


def _overview(writer: Writer, report: Report) -> None:
    """All targets of one run at a glance."""
    writer.heading("All targets")
    for target in report.targets:
        signs = ", ".join(
            f"{_VERDICTS[target.case.verdict(name)][0]} {name}" for name in target.case.asked
        )
        writer.line(signs, 2, f"{target.case.target.label}: ")


RENDERER = Renderer("terminal", render)
