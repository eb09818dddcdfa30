"""Made-up OLTs with believable values: the same seed gives the same network.

Names are invented and every MAC is locally administered (first byte 02).
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from eponctl.simulator.olt import Dialect, SimOlt
from eponctl.simulator.onu import SimOnu, device_now

#: The order in which `make_farm` gives out dialects.
FARM_DIALECTS: tuple[Dialect, ...] = ("A22", "A16", "B13", "B18", "A11", "B12", "B13+B18")

_PREFIXES = ("PSB", "CLIENT", "WARNET", "TOKO", "KOS", "RUMAH", "KANTOR", "SEKOLAH")
_WORDS = ("MAWAR", "MELATI", "KENANGA", "CEMPAKA", "ANGGREK", "DAHLIA", "TERATAI", "SERUNI")
_HARDWARE = (("3230", "6301", 5), ("0101", "9125", 2), ("312e", "9602", 2), ("c41f", "6878", 3))
_MODELS = {"A": ("HA7304C", "V2.3.1"), "B": ("HA7302CST", "v7.80")}
_UNNAMED_SHARE = 0.06
_METRES_PER_TICK = 1.6393
_OFFSET_METRES = 157


def make_olt(
    dialect: Dialect,
    onus: int = 64,
    *,
    pons: int | None = None,
    seed: int = 0,
    name: str | None = None,
    latency: float = 0.0,
    now: datetime | None = None,
) -> SimOlt:
    """Build an OLT with all ONUs up, evenly on `pons` ports (default 4 on family A, 2 on B).

    Everything follows from `seed` but the times, which follow from `now` on the OLT's clock
    (default: the real one). RX lies within -25 to -16 dBm, temperature within 32 to 48 degrees C,
    RTT fits 0.1 to 8 km. `latency` is in seconds.
    """
    family = dialect[0]
    ports = pons or (4 if family == "A" else 2)
    rng = random.Random(seed)  # noqa: S311  (repeatable invention, no secret)
    moment = now or device_now()
    slot = "0" if family == "A" else "0/1"
    per_port, rest = divmod(onus, ports)
    built: list[SimOnu] = []
    for port in range(1, ports + 1):
        for number in range(1, per_port + (port <= rest) + 1):
            place = f"{slot}/{port}:{number}"
            built.append(_make_onu(rng, place, _mac(seed, port, number), moment))
    model, firmware = _MODELS[family]
    return SimOlt(
        name=name or f"OLT-{dialect.replace('+', '-')}-{seed}",
        dialect=dialect,
        onus=built,
        latency=latency,
        model=model,
        firmware=firmware,
        uptime_seconds=rng.randrange(86_400, 90 * 86_400),
        mac=_mac(seed, 0, 0),
        pons=[f"{slot}/{port}" for port in range(1, ports + 1)],
    )


def make_farm(n: int, onus: int = 64, *, latency: float = 0.0, first: int = 1) -> list[SimOlt]:
    """Build `n` OLTs named `OLT-SIM-01`, `OLT-SIM-02`, ..., in turn of every dialect.

    `onus` is the number on each, `first` the number of the first OLT; `latency` is in seconds per
    page.
    """
    moment = device_now()
    return [
        make_olt(
            FARM_DIALECTS[(number - 1) % len(FARM_DIALECTS)],
            onus,
            seed=number,
            name=f"OLT-SIM-{number:02d}",
            latency=latency,
            now=moment,
        )
        for number in range(first, first + n)
    ]


def _make_onu(rng: random.Random, onu_id: str, mac: str, now: datetime) -> SimOnu:
    """Invent one ONU that is up."""
    metres = rng.uniform(100, 8000)
    online = rng.randrange(600, 40 * 86_400)
    registered = now - timedelta(seconds=online)
    firmware, chip, ports = rng.choice(_HARDWARE)
    return SimOnu(
        onu_id=onu_id,
        name=_name(rng),
        mac=mac,
        temperature_c=float(rng.randrange(32, 49)),
        voltage_v=3.0,
        bias_ma=float(rng.randrange(6, 22)),
        tx_power_dbm=round(rng.uniform(1.6, 2.6), 2),
        rx_power_dbm=round(-16 - metres / 1000 - rng.uniform(0, 1), 2),
        rtt=round((metres + _OFFSET_METRES) / _METRES_PER_TICK),
        offline_reason=rng.choice((0, 1, 1, 2)),
        dying_gasp=rng.random() < 0.3,  # noqa: PLR2004  (some lost power the last time)
        registered_at=registered,
        deregistered_at=registered - timedelta(seconds=rng.randrange(20, 7200)),
        first_registered_at=registered - timedelta(days=rng.randrange(1, 300)),
        online_seconds=online,
        deregister_count=rng.randrange(1, 9),
        firmware=firmware,
        chip=chip,
        ports=ports,
    )


def _name(rng: random.Random) -> str:
    """Invent a customer's name; some ONUs have none."""
    if rng.random() < _UNNAMED_SHARE:
        return "NA"
    return f"{rng.choice(_PREFIXES)}-{rng.choice(_WORDS)}-{rng.randrange(1, 1000):03d}"


def _mac(seed: int, port: int, number: int) -> str:
    """Return an address unique over 65,536 OLTs of 255 PONs; its letter shows the case."""
    high = port >> 4 << 4 | number >> 8
    octets = (2, 0xA0 | port & 15, seed >> 8 & 255, seed & 255, high & 255, number & 255)
    return ":".join(f"{octet:02X}" for octet in octets)
