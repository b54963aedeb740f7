import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_OWNERS = """
UPDATE analytics_reportissue i SET owner_id = p.owner_id FROM analytics_reportplan p WHERE p.id = i.plan_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0010_live_codes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__lte', datetime.date(2100, 1, 1)), ('starts_on__gte', datetime.date(2000, 1, 1))), name='goal_in_our_time', violation_error_message='日期要在 2000 年到 2100 年之间。'),
        ),
        migrations.AddField(
            model_name='reportissue',
            name='tries',
            field=models.JSONField(blank=True, default=dict, verbose_name='每个人的尝试'),
        ),
        migrations.AddField(
            model_name='reportissue',
            name='owner',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='负责人'),
        ),
        migrations.RunSQL(_OWNERS, migrations.RunSQL.noop),
    ]
