"""Posters: 750 × 1334 pictures with a QR code, drawn on the server."""

from apps.h5.services.posters.content import Content, says
from apps.h5.services.posters.store import poster_of, prune_posters

__all__ = ["Content", "poster_of", "prune_posters", "says"]
