"""Writing channels and the outbox."""
