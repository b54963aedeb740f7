"""What rollups need of a fact: in which transaction it was written, and what its member was at that time."""

from django.db import migrations, models

import apps.events.models

ADD = """
ALTER TABLE events_event
    ADD COLUMN txid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    ADD COLUMN tier_id bigint,
    ADD COLUMN source varchar(60);
CREATE INDEX events_event_txid ON events_event USING brin (txid) WITH (pages_per_range = 16, autosummarize = on);
"""
DROP = "ALTER TABLE events_event DROP COLUMN txid, DROP COLUMN tier_id, DROP COLUMN source"


class Migration(migrations.Migration):
    dependencies = [("events", "0005_page_kinds")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)],
            state_operations=[
                migrations.AddField(
                    "event",
                    "txid",
                    models.BigIntegerField(
                        db_default=apps.events.models.CurrentTransaction(), editable=False, verbose_name="事务编号"
                    ),
                ),
                migrations.AddField(
                    "event", "tier_id", models.BigIntegerField(null=True, verbose_name="当时的等级")
                ),
                migrations.AddField(
                    "event", "source", models.CharField(max_length=60, null=True, verbose_name="当时的来源渠道")
                ),
            ],
        )
    ]
