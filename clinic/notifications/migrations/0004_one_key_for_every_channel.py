from django.db import migrations, models

import clinic.notifications.channels

# The key of a message began with its channel, and the e-mail that goes out in its place was the
# only other way.
TO_KEYS_ALONE = """
UPDATE notifications_message SET
    key = substr(key, length(channel) + 2),
    other_way = CASE WHEN other_way = '{}' THEN other_way
        ELSE (other_way - 'key') || '{"channel": "email", "attachments": [], "other_way": {}}' END
"""
TO_KEYS_WITH_CHANNELS = """
UPDATE notifications_message SET
    key = channel || ':' || key,
    other_way = CASE WHEN other_way = '{}' THEN other_way
        ELSE (other_way - '{channel,attachments,other_way}'::text[])
            || jsonb_build_object('key', 'email:' || key) END
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_other_way")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="channel",
            field=models.CharField(choices=clinic.notifications.channels.choices, max_length=20),
        ),
        migrations.AlterField(
            model_name="message",
            name="key",
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="message",
            name="other_way",
            field=models.JSONField(
                blank=True, default=dict, help_text="What goes out where this is refused"
            ),
        ),
        migrations.RunSQL(TO_KEYS_ALONE, TO_KEYS_WITH_CHANNELS),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["key"], name="message_key_begins", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                fields=("key", "channel"), name="message_once_by_each_channel"
            ),
        ),
    ]
