"""A fact about a member keeps the member's tier and source of that moment, whoever writes it and by which path."""

from django.db import migrations

CREATE = """
CREATE FUNCTION members_stamp_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT m.tier_id, m.source INTO NEW.tier_id, NEW.source FROM members_member m WHERE m.id = NEW.member_id;
    RETURN NEW;
END $$;
CREATE TRIGGER members_stamp_event BEFORE INSERT ON events_event FOR EACH ROW
    WHEN (NEW.member_id IS NOT NULL AND NEW.source IS NULL) EXECUTE FUNCTION members_stamp_event();
"""
DROP = """
DROP TRIGGER members_stamp_event ON events_event;
DROP FUNCTION members_stamp_event();
"""


class Migration(migrations.Migration):
    dependencies = [("members", "0008_consent"), ("events", "0006_rollup_columns")]

    operations = [migrations.RunSQL(CREATE, DROP)]
