"""`flask api-keys` and `flask tokens`: how callers come to be, and how they end."""

from __future__ import annotations

import pytest

from tests.api.door import Door
from tests.api.test_credentials import refused
from tests.shop import Shop


def test_the_commands_make_show_and_end_a_key(sqlite_url: str):
    """AP-05: it is shown by the command that makes it, and by no other."""
    with Door(Shop(sqlite_url)) as door:
        run = door.shop.app.test_cli_runner()
        made = run.invoke(args=["api-keys", "create", "--user", "carol", "--name", "laptop",
                                "--scope", "orders:read", "--expires-in", "90d"])  # fmt: skip
        key = made.output.split()[0]

        assert door.knock(key, "/v1/probe/orders").status_code == 200
        listed = run.invoke(args=["api-keys", "list"]).output
        assert f"{key[:16]} user=carol" in listed
        assert "last_used=2027" in listed
        assert key[17:] not in listed
        assert run.invoke(args=["api-keys", "revoke", key[:16]]).exit_code == 0
        refused(door.knock(key))
        assert run.invoke(args=["api-keys", "revoke", key[:16]]).exit_code == 1


def test_a_whole_key_can_be_revoked_and_is_not_told_again(door: Door):
    """WS-18: it is what somebody has at hand who finds it where it shouldn't be."""
    run, key = door.shop.app.test_cli_runner(), door.key()

    done, again = (run.invoke(args=["api-keys", "revoke", key]) for _ in range(2))

    refused(door.knock(key))
    assert (done.exit_code, again.exit_code) == (0, 1)
    assert key[:16] in done.output
    assert key[17:] not in done.output + again.output


@pytest.mark.parametrize("user", ["", "a" * 256, "a\nb", "a\0b"], ids=ascii)
@pytest.mark.parametrize("command", [["api-keys", "create", "--name", "x"], ["tokens", "issue"]])
def test_nobody_is_called_what_no_token_could_name(door: Door, command: list[str], user: str):
    found = door.shop.app.test_cli_runner().invoke(
        args=[*command, "--user", user, "--scope", "cart:read"]
    )

    assert found.exit_code == 2
    assert "printable characters" in found.output


@pytest.mark.parametrize(
    "wrong", [["--scope", "orders:all"], ["--expires-in", "soon"], ["--expires-in", "0d"]]
)
def test_the_command_refuses_what_it_does_not_know(door: Door, wrong: list[str]):
    good = ["--user", "dave", "--name", "x", "--scope", "orders:read"]

    found = door.shop.app.test_cli_runner().invoke(args=["api-keys", "create", *good, *wrong])

    assert found.exit_code == 2
    assert "fsk_" not in found.output
