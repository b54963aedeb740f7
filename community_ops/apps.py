from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CommunityOpsConfig(AppConfig):
    name = "community_ops"
    label = "portal"
    verbose_name = _("群策")

    def ready(self) -> None:
        from community_ops import checks, roles  # noqa: F401 - registers system checks
        from community_ops.schedule import ensure_periodic_tasks, make_first_partitions

        # The one place where a signal is right: permissions exist only after the last app with models has
        # migrated. (This app has none, and Django sends no post_migrate for such.)
        last = [config for config in apps.get_app_configs() if config.models_module][-1]
        post_migrate.connect(roles.sync_roles, sender=last, dispatch_uid="portal.sync_roles")
        post_migrate.connect(make_first_partitions, sender=last, dispatch_uid="portal.first_partitions")
        post_migrate.connect(ensure_periodic_tasks, sender=last, dispatch_uid="portal.periodic_tasks")
