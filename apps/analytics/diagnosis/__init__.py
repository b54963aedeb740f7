"""Why a figure is what it is: rules over figures, one file each, pure."""
