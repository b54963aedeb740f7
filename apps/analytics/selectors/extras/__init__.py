"""What some metrics need beyond sums and sets of days: prepared here, given to their formulas as ``Figures.prepared``."""

from collections.abc import Callable, Collection
from typing import Any

from apps.analytics.enums import Dimension
from apps.analytics.selectors.extras.copies import copies
from apps.analytics.selectors.extras.fatigue import fatigue
from apps.analytics.selectors.extras.lifetime import lifetime
from apps.analytics.selectors.extras.waits import waits
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope

type Extra = Callable[[Scope, Period, Dimension, Collection[str] | None], dict[str, Any]]

#: name → {key of the dimension: what the formula gets}
EXTRAS: dict[str, Extra] = {"waits": waits, "lifetime": lifetime, "copies": copies, "fatigue": fatigue}
