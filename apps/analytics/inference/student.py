"""Student's t: quantiles for any degrees of freedom, without another library."""

from math import atan2, exp, inf, lgamma, log, pi
from statistics import NormalDist


def student_quantile(p: float, freedom: float) -> float:
    """The ``p`` quantile of Student's t, to about 1e-9. Raises ``ValueError`` outside of 0 < p < 1 or freedom ≤ 0."""
    if not 0 < p < 1 or freedom <= 0:
        raise ValueError(f"p {p} with {freedom} degrees of freedom")
    if p < 0.5:
        return -student_quantile(1 - p, freedom)
    if freedom == inf or freedom > 1e7:
        return NormalDist().inv_cdf(p)
    low, high = 0.0, 2.0
    while student_cdf(high, freedom) < p:
        low, high = high, high * 2
        if high > 1e12:
            return high
    for _step in range(200):
        middle = (low + high) / 2
        if student_cdf(middle, freedom) < p:
            low = middle
        else:
            high = middle
        if high - low <= 1e-12 * max(1.0, high):
            break
    return (low + high) / 2


def student_cdf(t: float, freedom: float) -> float:
    """P(T ≤ t)."""
    if freedom == 1:
        return 0.5 + atan2(t, 1) / pi
    tail = 0.5 * _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))
    return 1 - tail if t > 0 else tail


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x > (a + 1) / (a + b + 2):
        return 1 - front * _fraction(b, a, 1 - x) / b
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 500):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + step * d
            c = 1 + step / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            change = c * d
            value *= change
        if abs(change - 1) < 1e-15:
            break
    return value
