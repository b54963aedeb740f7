"""Suspicion holds, it does not delete (C13)."""
