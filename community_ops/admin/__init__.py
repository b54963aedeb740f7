"""Admin of what no room owns: beat's ticks and locked-out log-ins."""

from community_ops.admin import login_attempts, periodic_tasks

__all__ = ["login_attempts", "periodic_tasks"]
