"""The JSON behind the calendar and the editor."""
