"""`audit`: what operators and enrollments did, the newest first."""

from __future__ import annotations

import argparse

from qubix_server.cli.client import Client, line, write

PAGE = 500


def audit(arguments: argparse.Namespace) -> int:
    client = Client(arguments)
    left, cursor = max(0, arguments.most), None
    while left:
        query = {"limit": min(left, PAGE)} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/audit", **query)
        for entry in page["entries"]:
            left -= 1
            if arguments.json:
                write(entry)
            else:
                who = " ".join(filter(None, (entry["actor"], entry["actorId"])))
                line(
                    f"{entry['timestamp']}  {who:25}  {entry['action']:17}  "
                    f"{entry['target'] or '-'}  {entry['address'] or '-'}"
                )
        cursor = page["nextCursor"]
        if cursor is None:
            break
    return 0
