"""The docs are in step with the program: what they repeat, what they name, where they point."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest
import typer

from diagnose.catalogue import entries
from diagnose.cli.app import build, with_default_command
from diagnose.demo.pki import Authority
from diagnose.demo.servers import refused_port
from diagnose.model.diagnosis import Cause
from diagnose.model.exits import MEANING
from diagnose.model.saved import SCHEMA as OBSERVATION_SCHEMA
from diagnose.model.surroundings import PROXY_VARIABLES, TRUST_VARIABLES
from diagnose.platforms.survey import PACKAGES
from diagnose.report.formats.json import SCHEMA as REPORT_SCHEMA
from diagnose.report.inventory import SCHEMA as STORES_SCHEMA
from tools import write_docs

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PAGE_NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of the same level or a higher one."""
    level = heading.partition(" ")[0]
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"there is no `{heading}`"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def code_blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for language, body in found if language in languages]


def anchors(text: str) -> set[str]:
    """The ids that the usual renderers give to headings: small letters, blanks as hyphens."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def commands() -> dict[str, Any]:
    """The commands by name, as the command line library sees them."""
    group: Any = typer.main.get_command(build())
    return dict(group.commands)


def test_what_the_docs_repeat_is_in_step_with_the_program() -> None:
    """Causes, exit codes and the README's output are what `make docs` would write now."""
    assert write_docs.stale(ROOT) == []


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    """A page that is missing and one that was changed are named; the prose around is no matter."""
    for name in ("README.md", "docs/usage.md", write_docs.DEMO_REPORT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text_of(name), encoding="utf-8")
    readme = text_of("README.md").replace("some store verifies, some does not |", "mixed |")
    usage = text_of("docs/usage.md").replace("# Commands", "# Other prose")
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    (tmp_path / "docs/usage.md").write_text(usage, encoding="utf-8")
    assert write_docs.stale(tmp_path) == ["README.md", "docs/causes.md"]


def test_check_only_names_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` ends with 1 and writes nothing; without it the file is written, and all is well."""
    copytree(ROOT / "docs", tmp_path / "docs", ignore=ignore_patterns("causes.md"))
    (tmp_path / write_docs.DEMO_REPORT).parent.mkdir(parents=True)
    for name in ("README.md", write_docs.DEMO_REPORT):
        (tmp_path / name).write_text(text_of(name), encoding="utf-8")
    monkeypatch.setattr(write_docs, "ROOT", tmp_path)
    page = tmp_path / "docs/causes.md"
    assert (write_docs.main(["--check"]), page.exists()) == (1, False)
    assert "docs/causes.md is not in step" in capsys.readouterr().err
    assert (write_docs.main([]), page.exists()) == (0, True)
    assert write_docs.main(["--check"]) == 0


def test_a_page_without_its_marks_is_an_error() -> None:
    """Nothing is written to a guessed place."""
    with pytest.raises(ValueError, match="the marks of `exit codes` are missing"):
        write_docs.between("# A page\n", "exit codes", "| code |")


def test_every_cause_has_its_section() -> None:
    """docs/causes.md has a section and a line of the table for each cause, and for no other."""
    page = text_of("docs/causes.md")
    known = {cause.id for cause in entries("diagnose.causes", "CAUSE", Cause)}
    assert set(re.findall(r"^## (.+)$", page, re.MULTILINE)) == known
    assert set(re.findall(r"^\| \[([\w-]+)\]\(#\1\) \|", page, re.MULTILINE)) == known


@pytest.mark.parametrize("cause", entries("diagnose.causes", "CAUSE", Cause), ids=lambda c: c.id)
def test_a_section_is_the_explanation_of_its_cause(cause: Cause) -> None:
    """The page says what `diagnose explain` says, with headings one level lower."""
    page = text_of("docs/causes.md")
    body = section(page, f"## {cause.id}")
    assert re.sub(r"^##", "#", f"## {cause.id}\n{body}", flags=re.MULTILINE).strip() == (
        cause.explanation.strip()
    )


@pytest.mark.parametrize(
    ("page", "heading"), [("README.md", "### Exit codes"), ("docs/usage.md", "## Exit codes")]
)
def test_the_exit_codes_are_the_programs(page: str, heading: str) -> None:
    """Each table has every code with its meaning."""
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", section(text_of(page), heading), re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == {
        code.value: meaning for code, meaning in MEANING.items()
    }


def test_the_readme_shows_a_real_output() -> None:
    """It is the report of the demo's scene, whole, at 80 columns."""
    (shown,) = code_blocks(text_of("README.md"), "console")
    command, _, report = shown.partition("\n")
    assert report == text_of("fixtures/goldens/interception.txt")
    words = shlex.split(command.removeprefix("$ diagnose "))
    assert words[0] == "check"
    assert parses(words)


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_in_the_usage_page(name: str) -> None:
    """The section of a command names each of its options in full, and each argument is shown."""
    words = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", section(text_of("docs/usage.md"),
                                                               f"## diagnose {name}")))  # fmt: skip
    options = {
        spelling
        for parameter in commands()[name].params
        if parameter.param_type_name == "option"
        for spelling in parameter.opts
    }
    assert options - words == set()


def test_the_options_of_the_program_are_in_the_usage_page() -> None:
    """`--version`, `--help` and those for completion are named at the top."""
    group: Any = typer.main.get_command(build())
    top = text_of("docs/usage.md").partition("\n## ")[0]
    wanted = {"--help", "-h", *(word for each in group.params for word in each.opts)}
    assert {word for word in wanted if f"`{word}`" not in top} == set()


def parses(words: list[str]) -> bool:
    """Whether the real command line takes these words; nothing is run."""
    name, *rest = with_default_command(words)
    commands()[name].make_context(name, rest)
    return True


def shown_commands() -> list[str]:
    """Every `diagnose ...` line in the pages' shell blocks, without comments and pipes."""
    lines = [
        line
        for page in PAGE_NAMES
        for block in code_blocks(text_of(page), "sh")
        for line in block.splitlines()
    ]
    calls = [line.split("  #")[0] for line in lines if line.startswith("diagnose ")]
    return sorted({re.split(r" &&| \|| <", call)[0].strip() for call in calls})


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_shown_is_one(line: str) -> None:
    """What the docs tell users to type is accepted."""
    assert parses(shlex.split(line)[1:])


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_links_inside_the_repository_lead_somewhere(name: str) -> None:
    """Each link names a file that is there, and a heading that it has."""
    page = ROOT / name
    prose = re.sub(r"^```.*?^```$", "", text_of(name), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, heading = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        known = anchors(target.read_text("utf-8")) if target.suffix == ".md" else set()
        if not target.exists() or (heading and heading not in known):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_found() -> None:
    """docs/index.md leads to every other page of docs/."""
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", text_of("docs/index.md")))
    assert linked == {page.name for page in ROOT.glob("docs/*.md")} - {"index.md"}


def test_the_map_of_rooms_is_the_package() -> None:
    """CONTRIBUTING has every room of the package, and no other."""
    rooms = set(re.findall(r"`diagnose/(\w+(?:/|\.py))`", section(text_of("CONTRIBUTING.md"),
                                                                "## The rooms")))  # fmt: skip
    package = ROOT / "diagnose"
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    modules = {path.name for path in package.glob("*.py") if not path.name.startswith("_")}
    assert rooms == folders | modules


def test_the_targets_of_make_are_those_of_the_makefile() -> None:
    """CONTRIBUTING lists each target, and no page names another."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE))
    listed = re.findall(r"^\| `make ([a-z-]+)` \|", text_of("CONTRIBUTING.md"), re.MULTILINE)
    named = {
        target
        for page in PAGE_NAMES
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", text_of(page), re.MULTILINE)
    }
    assert (set(listed), named - targets) == (targets, set())


def test_the_formats_page_names_the_keys_of_the_schema() -> None:
    """Each key of a report and of a target has its row, and the schema stands where it says."""
    page = text_of("docs/formats.md")
    (path,) = re.findall(r"`(diagnose/report/schema/[\w.-]+)`", page)
    schema = json.loads(text_of(path))
    keys = [*schema["properties"], *schema["properties"]["targets"]["items"]["properties"]]
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == keys


def test_the_formats_page_names_each_version() -> None:
    """The identifiers by which programs know a document are the program's."""
    named = set(re.findall(r"diagnose/\w+/\d+", text_of("docs/formats.md")))
    assert named == {REPORT_SCHEMA, STORES_SCHEMA, OBSERVATION_SCHEMA}


def test_the_privacy_page_lists_what_is_saved() -> None:
    """Every variable and every package that an observation may hold is named."""
    saved = section(text_of("docs/privacy.md"), "## What a saved observation holds")
    names = set(re.findall(r"`(\w+)`", saved))
    assert {*TRUST_VARIABLES, *PROXY_VARIABLES} - names == set()
    assert [name for name in PACKAGES if name not in saved.lower()] == []


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The README's program, asked about a closed port of this machine, prints a report."""
    (program,) = code_blocks(text_of("README.md"), "python")
    bundle = tmp_path / "corp-ca.pem"
    bundle.write_text(Authority.root().pem, encoding="ascii")
    with refused_port() as server:
        program = program.replace("corp-ca.pem", bundle.as_posix())
        program = program.replace("registry.example.com", f"127.0.0.1:{server.port}")
        exec(compile(program, "README.md", "exec"), {})
    sentence, causes, code = capsys.readouterr().out.splitlines()
    assert f"refuses connections at port {server.port}" in sentence
    assert (causes, code) == ("['connection-refused']", "3")
