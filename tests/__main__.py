"""All that must hold, in one command: `python -m tests`. The last line is pytest's summary."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
STEPS = (
    (PYTHON, "-m", "ruff", "check", "."),
    (PYTHON, "-m", "ruff", "format", "--check", "."),
    (PYTHON, "-m", "mypy", "--strict"),
    (str(BIN / "lint-imports"),),
    (PYTHON, "-m", "pytest", "-n", "2"),
)


def main() -> int:
    """Run the steps in order; the first that fails ends it with its code."""
    for step in STEPS:
        sys.stdout.write(f"$ {' '.join(Path(part).name for part in step)}\n")
        sys.stdout.flush()
        more = sys.argv[1:] if "pytest" in step else []
        code = subprocess.run([*step, *more], cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
