"""The message catalogues: extract, merge, compile and check. Run ``python -m scripts.messages``.

It needs neither ``xgettext`` nor ``msgfmt``: Python is read by its own parser (which also sees calls inside
f-strings), templates by Django's ``templatize``, and catalogues are written by polib.
"""
