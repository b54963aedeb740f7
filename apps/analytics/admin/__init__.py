"""Pages of figures. ``board`` is their shell, ``pages`` has one file per page."""
