from django.db import migrations, models

_COLUMNS = "(dim, kind, day, team_id, key, variant)"
#: Django has no primary keys that include columns.
_KEY = f"""
ALTER TABLE analytics_dayfigure DROP CONSTRAINT analytics_dayfigure_pkey,
  ADD CONSTRAINT analytics_dayfigure_pkey PRIMARY KEY {_COLUMNS} {{}}
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0011_owners_and_days")]

    operations = [
        migrations.RemoveIndex(model_name="dayfigure", name="day_figure_of_key"),
        migrations.AddIndex(
            model_name="dayfigure",
            index=models.Index(
                fields=["dim", "key", "kind", "day"],
                include=["team_id", "variant", "count", "value"],
                name="day_figure_of_key",
            ),
        ),
        migrations.RunSQL(_KEY.format("INCLUDE (count, value)"), _KEY.format("")),
    ]
