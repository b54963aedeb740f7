"""Channels, the delivery outbox, attempts, drivers."""
