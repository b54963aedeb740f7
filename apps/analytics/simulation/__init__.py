"""活动推演: a campaign played many times over in numbers, before it is launched. Pure NumPy, no database."""
