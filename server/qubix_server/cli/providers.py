"""`providers list`, `revoke`."""

from __future__ import annotations

import argparse
from urllib.parse import quote

from qubix_server.cli.client import Client, line, write


def list(arguments: argparse.Namespace) -> int:
    client = Client(arguments)
    query = {"online": "true"} if arguments.online else {}
    found, cursor = 0, None
    while True:
        page = client.get("/api/providers", **query, **({"cursor": cursor} if cursor else {}))
        for provider in page["providers"]:
            found += 1
            if arguments.json:
                write(provider)
            else:
                card = provider["gpuModel"] or "no graphics card"
                cores, memory = provider["cpuCores"] or "?", provider["ramTotal"]
                reason = provider["pauseReason"]
                line(
                    f"{provider['workerId']}  {provider['status']:8}  {provider['name']}  "
                    f"{cores} cores  {'?' if memory is None else f'{memory:g}'} GB  {card}"
                    + (f"  ({reason})" if reason else "")
                )
        cursor = page["nextCursor"]
        if cursor is None:
            break
    if not found and not arguments.json:
        line("There are no computers.")
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    Client(arguments).delete(f"/api/providers/{quote(arguments.id, safe='')}")
    if arguments.json:
        write({"revoked": arguments.id})
    else:
        line(f"{arguments.id} is forgotten.")
    return 0
