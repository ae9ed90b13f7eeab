"""WS-18: what a log may never hold, even when everything breaks."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from storefront.db import writing
from storefront.logs import DiscreetFormatter
from tests.shop import Shop

EMAIL = "secret.person@example.com"
# Put together by the database, so that the statement itself doesn't hold it.
REFUSED = "INSERT INTO orders (id, email) VALUES ('o', 'secret.person' || '@example.com')"
ROW = "null value in column\nDETAIL:  Failing row contains (1, a@example.com,\n\nb@example.com).\n"
ENDS = ["", "[SQL: INSERT …]\n", "HINT:  Try.\n", "\nThe above exception was\n", "CONTEXT:  x\n"]


def test_a_row_that_postgresql_refuses_stays_out_of_the_log(
    postgres_shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def broken() -> str:
        with writing() as session:
            session.execute(text(REFUSED))
        return ""

    handler = logging.StreamHandler()  # writes to the standard error that pytest reads
    handler.setFormatter(DiscreetFormatter())
    monkeypatch.setattr(logging.getLogger("storefront"), "handlers", [handler])
    postgres_shop.app.view_functions["catalog.index"] = broken

    assert postgres_shop.visitor().get("/").status_code == 500
    log = capsys.readouterr().err
    assert "NotNullViolation" in log
    assert "Traceback" in log
    assert EMAIL not in log


@pytest.mark.parametrize("end", ENDS)
def test_only_the_row_is_left_out(end: str):
    record = logging.LogRecord("x", logging.ERROR, "x", 1, f"before {ROW}{end}after", None, None)

    shown = DiscreetFormatter().format(record)

    assert "example.com" not in shown
    assert shown.startswith("before null value in column\nDETAIL: …")
    assert shown.endswith(f"{end.strip()}\nafter") == bool(end)


def test_a_line_without_one_is_left_alone():
    record = logging.LogRecord("x", logging.INFO, "x", 1, "outcome=ok detail=1\n x", None, None)

    assert DiscreetFormatter().format(record) == "outcome=ok detail=1\n x"
