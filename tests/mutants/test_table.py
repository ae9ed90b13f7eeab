"""The table of faults fits the code as it is. That each fault is caught: `make mutants`."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import ROOT, mutated
from tests.mutants.table import MUTANTS, Mutant

NEGATIVE_CONTROLS = {f"NC-{number}" for number in range(1, 9)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_can_be_made_and_its_test_is_there(mutant: Mutant) -> None:
    broken = mutated(mutant, (ROOT / mutant.path).read_text())
    compile(broken, mutant.path, "exec")

    path, _, name = mutant.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()


def test_there_are_enough_of_them_and_the_named_ones_among_them() -> None:
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert {mutant.name.split(":")[0] for mutant in MUTANTS} >= NEGATIVE_CONTROLS
