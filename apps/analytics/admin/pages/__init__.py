"""One file per page, each exports ``PAGE``; or ``ROUTE`` for an address that is no dashboard."""
