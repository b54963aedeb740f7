"""Suspicion holds, it does not delete (C13).

Submodules are imported by name: ``holding`` runs inside the engine's verbs, which ``reviewing`` calls.
"""
