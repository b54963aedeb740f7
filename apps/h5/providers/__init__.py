"""Who sends codes and who knows members: one file each."""
