"""What a fact of each kind says: its columns and the keys of its ``data``. One small file per family."""
