"""Every setting, page, make target and command is in the documents, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from scripts.demo_environment import demo_environment
from storefront import create_app
from tests.architecture import documents
from tests.architecture.imports import ROOT


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return demo_environment(port=8000, sandbox_port=4242, var=tmp_path)


@pytest.fixture
def app(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Flask:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return create_app()


def test_every_setting_is_in_the_example_and_no_other(environment: dict[str, str]) -> None:
    in_the_code = documents.settings_in_the_code(environment)

    assert "STRIPE_WEBHOOK_SECRET" in in_the_code
    assert documents.settings_in_the_example() == in_the_code


def test_the_map_names_every_module_of_the_shop_and_nothing_that_isnt_there() -> None:
    named = documents.paths_on_the_map()

    assert [each for each in named if not (ROOT / each).exists()] == []
    assert documents.modules_of_the_shop() - set(named) == set()


def test_every_page_is_in_the_documents_and_no_other(app: Flask) -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text()

    assert documents.routes_in(architecture) == documents.routes_in_the_code(app)


def test_every_make_target_is_in_the_documents_and_no_other() -> None:
    targets = documents.targets_in_the_makefile() - {"help"}

    assert documents.words_after("make", documents.documents()) == targets


def test_both_readmes_lead_to_each_other_and_name_the_same_commands() -> None:
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh-Hant.md"))

    assert "(README.zh-Hant.md)" in english
    assert "(README.md)" in chinese
    assert documents.shell_lines(english) == documents.shell_lines(chinese) != []
    for program in ("make", "flask"):
        named = documents.words_after(program, [english])
        assert named == documents.words_after(program, [chinese]) != set()


def test_every_command_is_in_the_documents_and_no_other(app: Flask) -> None:
    ours = documents.commands_in_the_code(app)
    named = documents.words_after("flask", documents.documents())

    assert named - documents.FLASKS_OWN_COMMANDS == ours


def test_what_is_missing_or_invented_is_found() -> None:
    page = "x\n## Pages\n\n| path | what |\n| `/a/<b>` | `/no` |\n\n## Then\n| `/c` | |\n"

    assert documents.routes_in(page) == {"/a/<b>"}
    assert documents.words_after("make", ["make sense `make no` of\n```\nmake demo  # x\n```"]) == {
        "no",
        "demo",
    }
    asked = documents.Listening({"A": "1"})
    assert (asked.get("A"), asked.get("B", "2"), asked["A"]) == ("1", "2", "1")
    assert asked.names == {"A", "B"}
