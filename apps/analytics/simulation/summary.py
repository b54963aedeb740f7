"""What a trial says, in numbers that can be kept as JSON."""

from typing import Any

import numpy as np

from apps.analytics.simulation.engine import Trial
from apps.analytics.simulation.priors import PRIOR_NAMES, Floats, Integers

#: The figures of a trial that are summarised, in the order in which they are shown.
FIGURES = ("new_members", "entries", "contributions", "successes", "cost", "revenue", "roi", "cost_per_new")
QUANTILES = (5, 25, 50, 75, 95)
_BINS = 24
#: A prior's effect is read off the runs in which it was among the lowest and the highest fifth.
_TAIL = 0.2


def summarise(trial: Trial) -> dict[str, Any]:
    """``figures``: {figure: {mean, p5 … p95, edges, counts, cases} or None where no run has one}; chances between 0
    and 1: ``stock_out``, ``budget_reached``, ``loss``, each None where it cannot be said; ``stock_out_hour`` (median
    of the runs that ran out); ``fan``; ``tornado``."""
    gone = ~np.isnan(trial.stock_out)
    roi = trial.roi
    known = ~np.isnan(roi)
    return {
        "runs": len(trial.entries),
        "figures": {name: spread_of(values_of(trial, name)) for name in FIGURES},
        "stock_out": float(gone.mean()),
        "stock_out_hour": float(np.median(trial.stock_out[gone])) if gone.any() else None,
        "budget_reached": float(trial.budget_reached.mean()),
        "loss": float((roi[known] < 0).mean()) if known.any() else None,
        "fan": fan(trial),
        "tornado": tornado(trial),
    }


def values_of(trial: Trial, name: str) -> Floats | Integers:
    """One number per run; NaN where there is nothing to divide by."""
    if name == "cost_per_new":
        some = trial.new_members > 0
        return np.where(some, trial.cost / np.maximum(trial.new_members, 1), np.nan)
    found: Floats | Integers = getattr(trial, name)
    return found


def spread_of(values: Floats | Integers) -> dict[str, Any] | None:
    """Mean, quantiles and a histogram of the values that are there; None for none."""
    there = values[~np.isnan(values)]
    if not there.size:
        return None
    # The last hundredth would squeeze everything else into one bar: it is counted into the last one.
    low, high = float(there.min()), float(np.quantile(there, 0.99))
    # A ratio that is always the same differs in its last digit: that is one bar, not twenty-four.
    is_spread = high - low > 1e-6 * max(1.0, abs(high))
    bins, span = (_BINS, (low, high)) if is_spread else (1, (low - 0.5, low + 0.5))
    counts, edges = np.histogram(np.clip(there, low, max(high, low)), bins=bins, range=span)
    return {
        "mean": float(there.mean()),
        **{
            f"p{q}": float(value) for q, value in zip(QUANTILES, np.percentile(there, QUANTILES), strict=True)
        },
        "edges": [round(float(edge), 2) for edge in edges],
        "counts": [int(count) for count in counts],
        "cases": int(there.size),
    }


def fan(trial: Trial) -> dict[str, Any]:
    """New members by the hour: quantiles over the runs, beginning with none."""
    bands = np.percentile(trial.new_over_time, QUANTILES, axis=0)
    return {
        "hours": [0.0, *(round(float(hour), 2) for hour in trial.hours)],
        **{f"p{q}": [0.0, *map(float, band)] for q, band in zip(QUANTILES, bands, strict=True)},
    }


def tornado(trial: Trial, figure: str = "new_members") -> list[dict[str, Any]]:
    """What matters most for ``figure``: its mean in the runs that drew a prior's lowest fifth, and in those with its
    highest, with the values there; widest first. Priors are drawn independently, so that this is each one's own
    effect, all others as they may be. Certain ones are left out."""
    values = values_of(trial, figure).astype(float)
    bars = []
    for name in PRIOR_NAMES:
        drawn = trial.believed[name]
        low, high = np.quantile(drawn, [_TAIL, 1 - _TAIL])
        if high <= low:
            continue
        below, above = drawn <= low, drawn >= high
        bars.append(
            {
                "name": name,
                "low": float(values[below].mean()),
                "high": float(values[above].mean()),
                "low_value": float(drawn[below].mean()),
                "high_value": float(drawn[above].mean()),
            }
        )
    return sorted(bars, key=lambda bar: -abs(bar["high"] - bar["low"]))
