"""Installing and running software of others, to be measured beside ours."""
import shutil
import subprocess


INSTALL_SECONDS_MAX = 1800  # cargo builds its SDK from source


class unavailable(Exception):
    """Why it cannot be measured here."""


def run(*command, **options):
    """What the command prints, without the white space around it; unavailable() when it fails or is not there."""
    if not shutil.which(str(command[0])):
        raise unavailable(f"{command[0]} is not installed")
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=INSTALL_SECONDS_MAX, **options)
    if done.returncode:
        raise unavailable(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout.strip()
