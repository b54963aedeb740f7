"""How the product is started, stopped and tested on a bare machine.

Nothing in this package imports Django, so settings may import ``community_ops.servers.embedded``.
"""
