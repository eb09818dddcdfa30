"""The program's door: `eponctl`, and `python -m eponctl`."""

from __future__ import annotations

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the program."""
    # A short run frees nothing worth looking for: a tenth to a fifth of its CPU time.
    gc.disable()
    try:
        # Here and not above: Ctrl-C while Python still imports is no traceback either.
        from eponctl.cli.main import run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
