"""How the times that a purchase took are told: the one place for these words."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from storefront.languages import Sentence
from storefront.timings import Part, Precision, Timing
from storefront.views.trace_words import duration

PARTS: Mapping[Part, Sentence] = {
    Part.WRITTEN: Sentence("Step 2: from the click until Stripe is asked"),
    Part.ANSWERED: Sentence("Step 3: until Stripe has answered"),
    Part.AT_STRIPE: Sentence("Step 4: until Stripe has the money; typing the card included"),
    Part.KNOWN: Sentence("Steps 5 to 7: until payment and order have moved here"),
    Part.TOLD: Sentence("Until the last event about it is in"),
    Part.WHOLE: Sentence("From the click until the shop knows of the money"),
}


def told(timing: Timing | None) -> str:
    """Tell a time with how well it is known; nothing where none was measured."""
    if timing is None:
        return ""
    if timing.precision is Precision.ABOUT:
        return str(_("about %(seconds)d s", seconds=round(timing.took.total_seconds())))
    took = duration(timing.took)
    is_bound = timing.precision is Precision.AT_MOST
    return str(_("at most %(time)s", time=took)) if is_bound else took
