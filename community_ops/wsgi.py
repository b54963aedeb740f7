"""WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ops.settings")

application = get_wsgi_application()

# What is loaded by now stays for ever: the collector need not walk it again at every request that makes many objects.
gc.collect()
gc.freeze()
