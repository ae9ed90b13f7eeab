"""What is on disk when things go wrong: a full disk, a killed program."""

import time
from pathlib import Path

import pytest

from stripe_sandbox import state_file
from stripe_sandbox.app import create_sandbox, sandbox_of, stop
from stripe_sandbox.resources.payment_intents import make
from stripe_sandbox.state_file import RESERVED, Clockwork, load, save
from tests.sandbox.conftest import World

NEW = {"amount": 1000, "currency": "usd"}


def test_time_goes_on_after_a_save_that_failed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(state_file, "_EVERY", 0.01)
    directory = tmp_path / "var"
    directory.write_text("a file where a directory should be")
    clockwork = Clockwork(world.sandbox, directory / "state.json")
    session = world.checkout()
    clockwork.start()
    world.now += 25 * 3600
    ends_with(world, "checkout.session.expired")
    directory.unlink()
    made = make(world.sandbox, NEW)
    wait_for(directory / "state.json")
    clockwork.stop()

    assert made["id"] in (directory / "state.json").read_text()
    assert session.id in (directory / "state.json").read_text()
    assert caplog.text.count("could_not=save") == 1


def test_time_that_fails_does_not_keep_anything_from_being_saved(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(state_file, "_EVERY", 0.01)
    monkeypatch.setattr(state_file, "let_happen", fail)
    clockwork = Clockwork(world.sandbox, tmp_path / "state.json")
    clockwork.start()
    (tmp_path / "state.json").unlink()
    world.intent()

    wait_for(tmp_path / "state.json")
    clockwork.stop()


def test_a_last_save_that_fails_is_told(tmp_path: Path) -> None:
    app = create_sandbox(state_file=tmp_path / "var" / "state.json")
    (tmp_path / "var").write_text("a file where a directory should be")

    with pytest.raises(OSError, match="var"):
        stop(app)


def test_a_killed_program_gives_no_id_out_twice(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    killed = sandbox_of(create_sandbox(seed=7))
    save(killed, path, RESERVED)
    lost = {make(killed, NEW)["id"] for _ in range(20)} | {killed.new_request_id()}

    again = sandbox_of(create_sandbox(seed=7, state_file=path))

    assert lost.isdisjoint({make(again, NEW)["id"] for _ in range(20)} | {again.new_request_id()})


def test_a_stopped_program_goes_on_with_its_series(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    stopped, straight = (sandbox_of(create_sandbox(seed=7)) for _ in range(2))
    make(stopped, NEW), make(straight, NEW)
    save(stopped, path)
    load(stopped, path)

    assert make(stopped, NEW)["id"] == make(straight, NEW)["id"]


def ends_with(world: World, kind: str) -> None:
    for _ in range(400):
        if world.event_types()[-1:] == [kind]:
            return
        time.sleep(0.01)
    raise AssertionError(world.event_types())


def wait_for(path: Path) -> None:
    for _ in range(400):
        if path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} was never written")
