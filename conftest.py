"""The test session's servers. Fixtures live beside the tests, in tests/conftest.py."""

pytest_plugins = ["community_ops.servers.pytest_plugin"]
