from django.db import migrations

REFUSED = (
    r"\u0001-\u0009\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E"
    r"\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF0-\uFFFC"
    r"\U00013430-\U0001343F\U00016FE4\U0001BCA0-\U0001BCA3\U0001D159\U0001D173-\U0001D17A"
    r"\U000E0000-\U000E00FF\U000E01F0-\U000E0FFF\uE000-\uF8FF\uFDD0-\uFDEF\uFFFE\uFFFF"
    r"\U0001FFFE\U0001FFFF\U0002FFFE\U0002FFFF\U0003FFFE\U0003FFFF\U0004FFFE\U0004FFFF"
    r"\U0005FFFE\U0005FFFF\U0006FFFE\U0006FFFF\U0007FFFE\U0007FFFF\U0008FFFE\U0008FFFF"
    r"\U0009FFFE\U0009FFFF\U000AFFFE\U000AFFFF\U000BFFFE\U000BFFFF\U000CFFFE\U000CFFFF"
    r"\U000DFFFE\U000DFFFF\U000EFFFE\U000EFFFF\U000F0000-\U0010FFFF"
)
FUNCTION = """
CREATE FUNCTION {name}(text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $1 !~ '[{refused}]';
"""
CLEANED = f"""
CREATE FUNCTION plain_line(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(nullif(trim(regexp_replace($1, '[\\u000A{REFUSED}]', '', 'g')), ''), '–');
"""


class Migration(migrations.Migration):
    """What no text may hold, by the rule of `clinic.core.text`, for the constraints of all apps."""

    dependencies = [("core", "0007_stuck_work")]

    operations = [
        migrations.RunSQL(
            FUNCTION.format(name="is_plain_line", refused=rf"\u000A{REFUSED}"),
            "DROP FUNCTION is_plain_line(text);",
        ),
        migrations.RunSQL(
            FUNCTION.format(name="is_plain_note", refused=REFUSED),
            "DROP FUNCTION is_plain_note(text);",
        ),
        # What was kept before the rule was; a name that holds nothing else becomes a dash.
        migrations.RunSQL(CLEANED, "DROP FUNCTION plain_line(text);"),
    ]
