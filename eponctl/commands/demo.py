"""The main job in three polls of an embedded farm, told step by step."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from eponctl import config as configuration
from eponctl.poll import PollResult, poll
from eponctl.settings import Config
from eponctl.simulator import Farm, Gateway, Scenario, demo_scenario, make_farm, message_view
from eponctl.simulator import configuration as farm_configuration

OLTS, ONUS = 4, 16
FAULTS, REPAIRS = 1, 2
# Long enough for a message to say how long something took.
_PAUSE_S = 3.0


def play(out: Callable[[str], None], pause_s: float = _PAUSE_S) -> None:
    """Run the demo, handing out each text as it comes. Everything is in a folder that goes."""
    gateway = Gateway()
    devices = make_farm(OLTS, ONUS)
    plot = demo_scenario(devices)
    with (
        tempfile.TemporaryDirectory(prefix="eponctl-demo-") as folder,
        Farm(devices, gateway=gateway) as farm,
    ):
        path = Path(folder, "olts.toml")
        path.write_text(farm_configuration(devices, gateway), encoding="utf-8")
        path.chmod(0o600)
        config = configuration.load(path)
        dialects = ", ".join(olt.dialect for olt in devices)
        out(_title(f"{OLTS} simulated OLTs ({dialects}), {ONUS} ONUs each, on this machine"))
        out(_title("First poll: the baseline. Nothing is told"))
        _run(config, gateway, out)
        _advance(plot, farm, FAULTS, "Meanwhile", out)
        out(_title("Second poll: what a phone shows"))
        _run(config, gateway, out)
        out(_title("Third poll: nothing has changed, so nothing is told"))
        _run(config, gateway, out)
        time.sleep(pause_s)
        _advance(plot, farm, REPAIRS, "Repairs", out)
        out(_title("Fourth poll: recovery"))
        _run(config, gateway, out)
    out(
        "\nThat was all: `eponctl poll` from cron. The README goes on with your first OLT.\n"
        "To try it all: `eponctl simulate` here, `eponctl poll` in another terminal."
    )


def _advance(plot: Scenario, farm: Farm, step: int, title: str, out: Callable[[str], None]) -> None:
    out(_title(f"{title}:"))
    for event in plot.advance(farm, step):
        out(f"   {event.olt}  {event.note}")


def _run(config: Config, gateway: Gateway, out: Callable[[str], None]) -> None:
    before = len(gateway.received)
    result = poll(config)
    out(_line(result))
    for delivery in gateway.received[before:]:
        out(message_view(delivery))


def _line(result: PollResult) -> str:
    read = sum(olt.is_ok for olt in result.olts)
    onus = sum(olt.onus for olt in result.olts)
    return (
        f"   {read} of {len(result.olts)} OLTs read, {onus} ONUs, {len(result.events)} events, "
        f"messages: {result.sent} sent, {result.seconds:.2f} s"
    )


def _title(text: str) -> str:
    return f"\n── {text}"
