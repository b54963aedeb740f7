"""Ninety days behind the demo, as facts only, so that every dashboard has something to say.

What happened is made up and says so (``data.demo``); whom it happened to is the demo's own: its members, groups, posts
and campaigns.
"""
