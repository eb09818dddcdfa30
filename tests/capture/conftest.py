"""What the tests of recordings share: a configuration of simulated OLTs, and a capture of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from eponctl import config as configuration
from eponctl.commands import olt_capture
from eponctl.commands.olt_capture import Capture, Target
from eponctl.simulator import Farm, SimOlt

PASSWORD = "rahasia-sekali"


@dataclass(frozen=True)
class Studio:
    """A folder with an olts.toml, in which simulated OLTs are recorded."""

    folder: Path
    serve: Callable[..., Farm]

    def capture(self, olt: SimOlt, *, driver: str = "auto") -> Capture:
        """Serve this OLT, unless it is, and record it."""
        if not olt.port:
            self.serve(olt)
        path = self.folder / "olts.toml"
        path.write_text(
            "[poll]\nrequest_timeout = 2.0\nretries = 0\n"
            f'[[olt]]\nid = "OLT-1"\nname = "OLT Kediri"\nurl = "{olt.url}"\ndriver = "{driver}"\n'
            f'username = "{olt.username}"\npassword = "{olt.password}"\n'
        )
        return olt_capture.captured(configuration.load(path), "OLT-1")

    def files(self, capture: Capture) -> Target:
        """Write a capture, as the command does."""
        files = olt_capture.target(self.folder / "ha7304_v1-new.yaml", overwrites=True)
        olt_capture.write(capture, files)
        return files


@pytest.fixture
def studio(tmp_path: Path, serve: Callable[..., Farm]) -> Studio:
    """Record simulated OLTs."""
    return Studio(tmp_path, serve)
