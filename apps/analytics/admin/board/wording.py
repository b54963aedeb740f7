"""How pages say figures: as everything else does."""

from apps.analytics.selectors.wording import NOTHING, Change, change_of, say, say_interval, say_number

__all__ = ["NOTHING", "Change", "change_of", "say", "say_interval", "say_number"]
