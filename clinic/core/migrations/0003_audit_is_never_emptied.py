from django.db import migrations

FORWARD = """
CREATE TRIGGER core_audit_is_never_emptied BEFORE TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_is_append_only();
"""
BACKWARD = "DROP TRIGGER core_audit_is_never_emptied ON core_auditentry;"


class Migration(migrations.Migration):
    """A truncation fires no trigger of rows, so it needs one of its own."""

    dependencies = [("core", "0002_triggers")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
