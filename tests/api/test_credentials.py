"""AP-01, AP-05 and AP-21: an API key in one header opens the API, and nothing else does."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from storefront import api_keys
from storefront.db import reading
from storefront.models import ApiKey
from tests.api.door import Door
from tests.security.dump import texts
from tests.shop import START, Shop


def told(answer: TestResponse) -> object:
    """Return what an error tells, less what names the request."""
    assert answer.json
    return answer.json["error"]


def refused(answer: TestResponse) -> str:
    """Check the answer to a stranger and return its challenge."""
    assert answer.status_code == 401
    assert told(answer) == {
        "code": "UNAUTHENTICATED",
        "message": "Send `Authorization: Bearer` with an API key or a token that is valid now.",
        "details": {},
    }
    assert "Set-Cookie" not in answer.headers
    return answer.headers["WWW-Authenticate"]


def test_a_key_opens_the_api_for_its_user(door: Door):
    found = door.knock(door.key("alice")).json

    assert found
    assert found["caller"].startswith("key_")
    assert found["user"] == door.who(door.key("alice")) != door.who(door.key("bob"))


HEADERS = {
    "nothing": "",
    "another scheme": "Basic {key}",
    "a lower-case scheme": "bearer {key}",
    "no scheme": "{key}",
    "no credentials": "Bearer",
    "an empty one": "Bearer ",
    "two spaces": "Bearer  {key}",
    "a tab": "Bearer\t{key}",
    "something after it": "Bearer {key} x",
    "two at once": "Bearer {key}, Bearer {key}",
    "a comma": "Bearer {key},",
    "quotes": 'Bearer "{key}"',
    "a NUL": "Bearer {key}\0",
    "another case": "Bearer {swapped}",
    "the prefix alone": "Bearer {prefix}",
    "another secret": "Bearer {prefix}_" + "0" * 32,
    "another prefix": "Bearer fsk_000000000000_{secret}",
    "one letter more": "Bearer {key}0",
    "one letter less": "Bearer {less}",
    "its hash": "Bearer {hash}",
    "its hash in its place": "Bearer {prefix}_{hash}",
    "a wildcard": "Bearer fsk_%_{secret}",
    "SQL": "Bearer fsk_'OR'1'='1_{secret}",
    "a token's shape": "Bearer a.b.c",
    "a long one": "Bearer fsk_" + "a" * 7000,
    "other letters": "Bearer fsk_ａａａａ_ａ",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_anything_but_a_bearers_key_is_refused_in_the_same_words(door: Door, header: str):
    """AP-01."""
    key = door.key()
    prefix, _, secret = key.rpartition("_")
    written = header.format(
        key=key, prefix=prefix, secret=secret, less=key[:-1],
        swapped=f"fsk_{key[4:].swapcase()}", hash=hashlib.sha256(key.encode()).hexdigest(),
    )  # fmt: skip

    challenge = refused(door.knock_with([], environ_overrides={"HTTP_AUTHORIZATION": written}))

    assert challenge == 'Bearer realm="storefront"' + (', error="invalid_token"' * bool(written))


def test_two_headers_are_none(door: Door):
    key = ("Authorization", f"Bearer {door.key()}")

    refused(door.knock_with([key, key]))
    refused(door.knock_with([key, ("Authorization", "Bearer fsk_x")]))


def test_a_key_in_the_address_or_the_body_is_never_looked_at(door: Door):
    key = door.key()

    for name in ("access_token", "api_key", "key", "token", "Authorization"):
        assert refused(door.knock(path=f"/v1/probe?{name}={key}")) == 'Bearer realm="storefront"'
        refused(door.knock(path="/v1/probe/payments", method="POST", data={name: key}))
    refused(door.knock_with([("X-Api-Key", key), ("Cookie", f"Authorization=Bearer {key}")]))


def test_a_shoppers_cookie_is_nobody_here_and_no_answer_sets_one(door: Door):
    """AP-21."""
    visitor = door.shop.visitor()
    visitor.add()
    cross_site = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = visitor.client.get("/v1/probe", headers=cross_site)

    refused(answer)
    assert "Access-Control" not in str(answer.headers)
    known = visitor.client.get(
        "/v1/probe", headers={"Authorization": f"Bearer {door.key()}", **cross_site}
    )
    assert known.status_code == 200
    assert "Set-Cookie" not in known.headers
    assert "Access-Control" not in str(known.headers)


def test_the_scope_decides_and_is_named_in_the_refusal(door: Door):
    answer = door.knock(door.key(scopes=["orders:write"]), "/v1/probe/orders")

    assert (answer.status_code, answer.json and answer.json["error"]["code"]) == (403, "FORBIDDEN")
    assert answer.json["error"]["details"] == {"scope": "orders:read"}
    assert 'error="insufficient_scope", scope="orders:read"' in answer.headers["WWW-Authenticate"]
    assert door.knock(door.key(scopes=["orders:read"]), "/v1/probe/orders").status_code == 200


def test_a_view_that_nobody_decided_about_opens_to_nobody(door: Door):
    assert door.knock(door.key(), "/v1/probe/undecided").status_code == 500


def test_a_key_costs_one_query_whether_it_is_right_or_not(door: Door):
    """AP-05: and that query finds it by an index."""
    key = door.key()
    door.knock(key)

    for given, status in ((key, 200), (key[:-1] + "*", 401), (f"{key[:17]}{'0' * 32}", 401)):
        with door.queries() as queries:
            assert door.knock(given).status_code == status
        assert len(queries) == (0 if "*" in given else 1)


def test_the_query_finds_it_by_an_index(door: Door):
    with door.shop.app.app_context(), reading() as session:
        plan = session.execute(text("EXPLAIN QUERY PLAN SELECT 1 FROM api_keys WHERE prefix = ''"))
        assert "USING COVERING INDEX" in str(plan.all())


def test_what_is_stored_of_a_key_opens_nothing(door: Door):
    """AP-05: neither the key nor its secret is in any column; what is there was tried above."""
    key = door.key()
    prefix, _, secret = key.rpartition("_")

    holding = {
        column for column, stored in texts(door.shop) if secret in stored or prefix in stored
    }

    assert holding == {"api_keys.prefix"}
    assert re.fullmatch(r"fsk_[0-9A-Za-z]{12}_[0-9A-Za-z]{32}", key)
    assert 62 ** len(secret) > 2**160


def test_a_key_is_revoked_with_the_next_request(door: Door):
    key, other = door.key(), door.key()
    assert door.who(key) == door.who(other)

    with door.shop.app.app_context():
        assert api_keys.revoke_key(key[:16])
        assert not api_keys.revoke_key(key[:16])

    refused(door.knock(key))
    assert door.knock(other).status_code == 200


def test_a_key_ends_when_its_time_is_over(sqlite_url: str):
    with Door(Shop(sqlite_url)) as door:
        key = door.key(lifetime=timedelta(days=1))
        door.shop.now += 86_399
        assert door.knock(key).status_code == 200
        door.shop.now += 1
        refused(door.knock(key))


def test_why_a_key_is_refused_is_in_the_log_and_the_key_is_not(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
):
    """WS-18."""
    with Door(Shop(sqlite_url)) as door:
        revoked, expired = door.key(), door.key(lifetime=timedelta(days=1))
        with door.shop.app.app_context():
            api_keys.revoke_key(revoked[:16])
        door.shop.now += 86_400
        tried = [
            revoked,
            expired,
            f"{revoked[:17]}{'0' * 32}",
            f"fsk_{'0' * 12}_{'0' * 32}",
            "fsk_",
        ]

        [door.knock(each) for each in [*tried, None]]

        told = re.findall(r"refused=(\S+)", caplog.text)
        assert told == ["key-revoked", "key-expired", "key-secret", "key-unknown", "key-shape",
                        "no-bearer"]  # fmt: skip
        assert "fsk_" not in caplog.text


def test_who_changes_something_is_in_the_log(door: Door, caplog: pytest.LogCaptureFixture):
    key = door.key(scopes=["cart:read"])
    id_ = door.knock(key).json["caller"]

    with caplog.at_level("INFO", "storefront"):
        done = door.knock(key, "/v1/probe/payments", method="POST").headers["X-Request-ID"]
        refused = door.knock(key, "/v1/probe/orders").headers["X-Request-ID"]

    assert f"request={done} caller={id_} endpoint=probe.payments status=200" in caplog.text
    assert (
        f"request={refused} endpoint=probe.orders refused=scope scope=orders:read caller={id_}"
        in caplog.text
    )


def test_its_use_is_noted_once_a_minute_and_not_with_every_request(database_url: str):
    noted = []

    with Door(Shop(database_url)) as door:
        key = door.key()
        for seconds in (0, 30, 29, 1, 59, 1):
            door.shop.now += seconds
            assert door.knock(key).status_code == 200
            noted.append(door.shop.one(ApiKey).last_used_at.timestamp() - START)

    assert noted == [0, 0, 0, 60, 60, 120]


def test_a_use_that_cannot_be_noted_costs_the_caller_nothing(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
):
    with Door(Shop(sqlite_url)) as door:
        key = door.key()
        broken = "CREATE TRIGGER no BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(ABORT, 'no'); END"
        door.shop.write(text(broken))

        assert door.knock(key).status_code == 200
        assert "use=unnoted" in caplog.text
        assert key not in caplog.text
