"""A farm in a process of its own, so that the devices' work is not the poll's: `farm.py N ONUS`."""

from __future__ import annotations

import sys

from eponctl.simulator import Farm, make_olt

LATENCY_S = 0.2


def main() -> None:
    """Serve until standard input ends; print the OLTs' urls, a line each, and an empty line."""
    count, onus = int(sys.argv[1]), int(sys.argv[2])
    olts = [
        make_olt("A22", onus, seed=seed, name=f"OLT-{seed:03d}", latency=LATENCY_S)
        for seed in range(count)
    ]
    with Farm(olts) as farm:
        farm.warm()
        sys.stdout.write("".join(f"{olt.url}\n" for olt in olts) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
