"""python -m clinic.demo [run|reset]: start the whole clinic on this machine, or forget its data."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from clinic.demo.stack import ROOT, DemoFailedError, Stack, reset
from clinic.launcher.processes import Program
from clinic.launcher.stopping import StopRequested, StopSwitch
from clinic.launcher.surroundings import settle

PAGE = """
  Vez is ready at {origin}

    Patients        {origin}/
    Staff           {origin}/staff
    Entrance kiosk  {origin}/kiosk
    Waiting room    {origin}/display
    Sandbox         {origin}/sandbox    every SMS and e-mail, the cash machine, MB WAY

  Sign in as
{accounts}

  Try this
    1. Sign in as the patient and book a treatment; you have 15 minutes to pay.
    2. Sandbox: open the link in the SMS, choose Multibanco, pay the reference at the cash machine.
       The invoice arrives in the mailbox.
    3. As the patient, under "Eu", "O meu rosto": add your face, with one to five photos.
    4. Staff, "Ecrãs": get a pairing code each for the kiosk and for the waiting room.
       At the kiosk show your face, or type the code from the second SMS.
    5. Staff: call the patient and watch the waiting room.

  Addresses and passwords for programs: {var}/demo.json    logs: {var}/log
  Ctrl-C stops everything; the data stays. `make reset` starts over.
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m clinic.demo", description=__doc__)
    parser.add_argument("command", choices=["run", "reset"], nargs="?", default="run")
    parser.add_argument(
        "--under-make", action="store_true", help="also stop when the make above us is interrupted"
    )
    options = parser.parse_args(arguments)
    settle()
    var = Path(os.environ.get("CLINIC_VAR") or ROOT / "var").absolute()
    try:
        if options.command == "reset":
            reset(var)
            say("The demo's data, secrets and logs are removed.")
            return 0
        return run(var, StopSwitch(under_make=options.under_make))
    except DemoFailedError as failure:
        say(f"\n{failure}", to=sys.stderr)
    except OSError as failure:
        # A full disk, a folder that isn't ours, a file where a folder should be.
        where = f": {failure.filename}" if failure.filename else ""
        say(f"\nThe demo can't go on: {failure.strerror or failure}{where}", to=sys.stderr)
    return 1


def run(var: Path, switch: StopSwitch) -> int:
    """Start the stack, show the page, watch over it. Returns 0 after a requested stop."""
    told = os.environ.get("PORT") or "8000"
    port = int(told) if told.isascii() and told.isdigit() else 0
    if not 0 < port < 2**16:
        raise DemoFailedError(f"PORT must be a number from 1 to 65535, not {told!r}.")
    stack = Stack(var, port=port, switch=switch, say=say_step)
    stack.check()
    try:
        build_frontend(switch)
        stack.start()
        say(page(stack))
        stack.watch()
    except StopRequested:
        pass  # asked for before the stack was ready: stop as usual
    finally:
        began = time.monotonic()
        stack.stop()
        say_step("Every process is stopped", began)
    return 0


def build_frontend(switch: StopSwitch) -> None:
    """Build what changed, and show the output, in a process that can be stopped."""
    build = Program(
        "front end", [sys.executable, "-m", "clinic.launcher.frontend", "build"], cwd=ROOT
    )
    build.start()
    try:
        while build.is_running():
            switch.pause(0.05)
        code = build.exit_code()
    finally:
        build.kill()
    if code != 0:
        raise DemoFailedError("Without its front end the demo can't start.")


def page(stack: Stack) -> str:
    accounts = "\n".join(
        f"    {role:<14}  {account['username']} / {account['password']}"
        for role, account in stack.accounts().items()
    )
    where = stack.var.relative_to(Path.cwd()) if stack.var.is_relative_to(Path.cwd()) else stack.var
    return PAGE.format(origin=stack.origin, accounts=accounts, var=where)


def say_step(line: str, began: float | None = None) -> None:
    took = "" if began is None else f" ({time.monotonic() - began:.1f} s)"
    say(f"  {line}{took}")


def say(text: str, *, to: TextIO | None = None) -> None:
    """Print, even if the terminal is gone."""
    try:
        print(text, flush=True, file=to or sys.stdout)
    except OSError:
        # It stays open until the end.
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
