"""Reading import jobs."""
