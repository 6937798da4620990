"""The local provider as a process of its own: `python -m integrations.localpay --file … --port … --notice-url …`.

Its merchant's key and the secret of its notices come from LOCALPAY_KEY and LOCALPAY_SECRET; Millrace is given the same
as MILLRACE_PAYMENT_KEY and MILLRACE_PAYMENT_NOTICE_SECRETS. It prints its address when it listens.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from integrations.localpay.records import Pace
from integrations.localpay.serving import LocalPay, Merchant
from transport.logs import configure

HOST: Final = "127.0.0.1"
_PACE: Final = Pace()


def main(
    file: Annotated[Path, typer.Option(help="Where it keeps its book.")],
    notice_url: Annotated[str, typer.Option(help="Where the merchant is told what happened.")],
    key: Annotated[str, typer.Option(envvar="LOCALPAY_KEY", help="By which the merchant is known.")],
    secret: Annotated[str, typer.Option(envvar="LOCALPAY_SECRET", help="That notices are signed with.")],
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    copies: Annotated[int, typer.Option(help="How often each notice is sent.", min=1, max=5)] = 1,
    first_wait: Annotated[float, typer.Option(help="Seconds to the second attempt.")] = _PACE.first_wait,
    lease: Annotated[float, typer.Option(help="Seconds that a notice is one process's to send.")] = _PACE.lease,
    late: Annotated[float, typer.Option(help="Seconds after its end that a late payment is told.")] = _PACE.late,
) -> None:
    """Be the payment provider, on this machine only, until stopped."""
    configure("warning", "json")
    pace = Pace(first_wait=first_wait, lease=lease, late=late, answer=min(_PACE.answer, lease / 2))
    with socket.create_server((HOST, port)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        pay = LocalPay(file, Merchant(key, secret.encode(), notice_url, url), pace, copies)
        server = uvicorn.Server(uvicorn.Config(pay.app, log_config=None, access_log=False, server_header=False))
        sys.stdout.write(url + "\n")
        sys.stdout.flush()
        asyncio.run(server.serve([listening]))


if __name__ == "__main__":
    typer.run(main)
