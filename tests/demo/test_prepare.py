import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.bench.fresh_database import environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_data_of_another_version_stays_and_one_sentence_says_what_to_do() -> None:
    with environment("other_version") as env, psycopg.connect(env["DATABASE_URL"]) as database:
        # Given a database that went through a migration which this program doesn't have
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('booking', '0008_calendar_changes', now())"
        )
        database.commit()

        # When the demo is started on it
        done = subprocess.run(
            [sys.executable, "-m", "clinic.demo.prepare"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        # Then it says so, and has filled in nothing
        assert (done.returncode, done.stdout, done.stderr) == (
            1,
            "",
            "another version of Vez made this data. `make reset` forgets it and starts over\n",
        )
        assert database.execute("SELECT count(*) FROM booking_appointment").fetchone() == (0,)
