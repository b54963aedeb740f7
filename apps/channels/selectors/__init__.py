"""Reading channels and the outbox."""
