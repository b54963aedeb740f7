"""Who a request's member is."""
