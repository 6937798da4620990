"""The supervisor's process: `python -m embedded --supervise HOME …`. Owns its command line only.

It is started by `embedded.server`; nobody needs to call it by hand.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from embedded.account import server_account
from embedded.home import Home
from embedded.supervisor import Supervisor, detach


def main() -> int:
    """Detach, keep the server of a home to its end, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m embedded", description="Keep the server of a directory.")
    parser.add_argument("--supervise", type=Path, required=True, metavar="HOME", help="the directory of the server")
    parser.add_argument("--bin-dir", type=Path, required=True, help="the directory of the PostgreSQL programs")
    parser.add_argument("--linger", type=float, required=True, help="seconds to go on after the last lease")
    parser.add_argument("--report-fd", type=int, required=True, help="the open descriptor the outcome is written to")
    options = parser.parse_args()
    detach()

    def report(state: str, text: str) -> None:
        with suppress(OSError):  # whoever waited for it may have been killed
            os.write(options.report_fd, f"{state} {text}".encode())
        with suppress(OSError):
            os.close(options.report_fd)

    home = Home(options.supervise, server_account())
    return Supervisor(home, options.bin_dir, options.linger).run(report)


if __name__ == "__main__":
    sys.exit(main())
