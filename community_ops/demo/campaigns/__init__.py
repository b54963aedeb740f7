"""Campaigns of the demo: one of each kind, played through the real services in the order of time.

No row is made by hand: operators write and launch, members open, help, pay and claim through the engine, beat's own
ticks close and settle. Only the moments are of the past.
"""
