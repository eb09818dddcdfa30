"""`eponctl simulate`: a farm and a gateway in the foreground, with a story, until it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from eponctl.simulator.account import Delivery
from eponctl.simulator.farm import Farm
from eponctl.simulator.gateway import Gateway
from eponctl.simulator.mixed import make_mixed
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.phone import phone_view
from eponctl.simulator.stories import story as tell

API_KEY = "simulator-key"
SENDER = "6281200000000"
RECIPIENT = "6281200000001"
_TICK_SECONDS = 0.25


def run(
    olts: int,
    onus: int,
    port: int,
    out: Callable[[str], None],
    until: threading.Event | None = None,
    story: bool = True,  # noqa: FBT001, FBT002  (part of the agreed signature)
    *,
    families: Sequence[str] = ("hioso",),
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a gateway on `port` and OLTs on the ports after it, and say what happens.

    Port 0 takes any free ones. The OLTs are in turn of these `families`. `ready` gets the text of
    an olts.toml for them, once they can be asked. Ends when `until` is set or on KeyboardInterrupt.
    `out` gets whole texts without a newline at the end, from this thread and from the gateway's.
    Raises PortInUse, with a hint, before anything was printed.
    """
    stop = until or threading.Event()

    def arrived(delivery: Delivery) -> None:
        out(message_view(delivery))

    gateway = Gateway(port=port, api_key=API_KEY, sender=SENDER, on_message=arrived)
    devices = make_mixed(olts, onus, families)
    plot = tell(devices) if story and devices and onus else None
    with Farm(devices, base_port=port + 1 if port else 0, gateway=gateway) as farm:
        if ready:
            ready(configuration(devices, gateway))
        out(listing(devices, gateway))
        start = time.monotonic()
        try:
            while not stop.wait(_TICK_SECONDS):
                if plot is None:
                    continue
                for event in plot.advance(farm, time.monotonic() - start):
                    out(f"{time.strftime('%H:%M:%S')}  {event.olt}  {event.note}")
        except KeyboardInterrupt:
            out("stopped")


def listing(olts: Sequence[SimOlt], gateway: Gateway) -> str:
    """Return the addresses and credentials of everything that is served, for people."""
    lines = [
        f"WhatsApp gateway  {gateway.send_url}  key {gateway.api_key}  sender {gateway.sender}",
        *[
            f"{olt.name}  {olt.url}  {olt.username}/{olt.password}  {olt.kind}"
            f"  {len(olt.onus)} ONUs"
            for olt in olts
        ],
    ]
    return "\n".join(lines)


def configuration(olts: Sequence[SimOlt], gateway: Gateway, recipient: str = RECIPIENT) -> str:
    """Return the text of an `olts.toml` that polls these OLTs and sends to this gateway."""
    lines = [
        "[whatsapp]",
        "enabled = true",
        'provider = "mpwa"',
        f'api_url = "{gateway.send_url}"',
        f'api_key = "{gateway.api_key}"',
        f'sender = "{gateway.sender}"',
        f'recipients = ["{recipient}"]',
    ]
    for olt in olts:
        lines += [
            "",
            "[[olt]]",
            f'id = "{olt.name}"',
            f'name = "{olt.name}"',
            f'url = "{olt.url}"',
            f'username = "{olt.username}"',
            f'password = "{olt.password}"',
            # Nobody vouches for a certificate that a device made for itself.
            *(["verify_tls = false"] if olt.certificate else []),
        ]
    return "\n".join(lines) + "\n"


def message_view(delivery: Delivery, *, ansi: bool = False) -> str:
    """Return a message in a frame, as its reader sees it on the phone."""
    moment = time.strftime("%H:%M:%S", time.localtime(delivery.at))
    body = [f"│ {line}" for line in phone_view(delivery.text, ansi=ansi).split("\n")]
    return "\n".join([f"╭─ to {delivery.number} at {moment}", *body, "╰─"])
