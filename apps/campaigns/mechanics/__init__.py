"""The mechanics 玩法: pure decisions, one file each, found by the registry (C12)."""
