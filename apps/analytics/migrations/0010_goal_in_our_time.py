import datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0009_lab'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__lte', datetime.date(2100, 1, 1)), ('starts_on__gte', datetime.date(2000, 1, 1))), name='goal_in_our_time', violation_error_message='日期要在 2000 年到 2100 年之间。'),
        ),
    ]
