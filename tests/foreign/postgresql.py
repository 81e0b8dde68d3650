"""A PostgreSQL server of its own in a folder of its own, run by whoever may run one: it refuses to run as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.foreign.systems import DEADLINE_S, needed
from tests.ports import free_port

OWNER = "owner"
USER_NAMES = ("postgres", "nobody")


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The authority under which its owner is let in with the password `owner-password`, for as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    account = _account()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    (folder / "password").write_text("owner-password")
    (folder / "password").chmod(0o644)
    data, port = folder / "data", free_port()
    init = [_program("initdb"), "-D", str(data), "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N"]
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [_program("pg_ctl"), "-D", str(data), "-w", "-t", str(DEADLINE_S)]
    try:
        _run([*init, "--no-locale", "-E", "UTF8"], account, folder)
        _run([*control, "-l", str(folder / "log"), "-o", settings, "start"], account, folder)
        yield f"127.0.0.1:{port}"
    finally:
        if (data / "postmaster.pid").exists():
            _run([*control, "-m", "immediate", "stop"], account, folder)
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    """Whom root runs it as; None where we are not root."""
    if os.geteuid() != 0:
        return None
    return next(account for name in USER_NAMES for account in pwd.getpwall() if account.pw_name == name)


def _run(command: list[str], account: pwd.struct_passwd | None, folder: Path) -> None:
    as_other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    with (folder / "said").open("ab") as said:
        done = subprocess.run(command, cwd=folder, stdout=said, stderr=said, stdin=subprocess.DEVNULL, timeout=120, **as_other)
    assert done.returncode == 0, (folder / "said").read_text()[-2000:]


def _program(name: str) -> str:
    """The newest of Debian's, which stand in no PATH; else the one in PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return str(found[-1]) if found else needed(name)
