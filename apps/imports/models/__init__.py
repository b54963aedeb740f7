"""Import jobs, remembered mappings and the undo journal."""

from apps.imports.models.change import Change
from apps.imports.models.job import ImportJob, private_storage
from apps.imports.models.mapping import RememberedMapping

__all__ = ["Change", "ImportJob", "RememberedMapping", "private_storage"]
