"""OLTs of every family and a WhatsApp gateway on loopback, for demo, tests and benchmarks.

Written from the field notes and not from the drivers, so that a page is looked at from two sides:
nothing here may import another part of eponctl. Everything listens on 127.0.0.0/8 only.
"""

from __future__ import annotations

from eponctl.simulator.account import Delivery
from eponctl.simulator.background import PortInUse
from eponctl.simulator.bdcom import BdcomOlt, make_bdcom
from eponctl.simulator.build import FARM_DIALECTS, make_farm, make_olt
from eponctl.simulator.farm import Farm
from eponctl.simulator.faults import Fault, GatewayFault
from eponctl.simulator.gateway import Call, Gateway
from eponctl.simulator.hsgq import HsgqOlt, make_hsgq
from eponctl.simulator.mixed import FAMILIES, make_mixed
from eponctl.simulator.olt import DIALECTS, Dialect, Served, SimOlt
from eponctl.simulator.onu import SimOnu, device_now
from eponctl.simulator.phone import phone_view
from eponctl.simulator.runner import configuration, listing, message_view, run
from eponctl.simulator.scenario import (
    Action,
    At,
    Scenario,
    change,
    cut_pon,
    fault,
    lose,
    mend_pon,
    remove,
    restart,
    restore,
)
from eponctl.simulator.stories import STORY_SECONDS, demo_scenario, story
from eponctl.simulator.vsol import VsolOlt, make_vsol

__all__ = [
    "DIALECTS",
    "FAMILIES",
    "FARM_DIALECTS",
    "STORY_SECONDS",
    "Action",
    "At",
    "BdcomOlt",
    "Call",
    "Delivery",
    "Dialect",
    "Farm",
    "Fault",
    "Gateway",
    "GatewayFault",
    "HsgqOlt",
    "PortInUse",
    "Scenario",
    "Served",
    "SimOlt",
    "SimOnu",
    "VsolOlt",
    "change",
    "configuration",
    "cut_pon",
    "demo_scenario",
    "device_now",
    "fault",
    "listing",
    "lose",
    "make_bdcom",
    "make_farm",
    "make_hsgq",
    "make_mixed",
    "make_olt",
    "make_vsol",
    "mend_pon",
    "message_view",
    "phone_view",
    "remove",
    "restart",
    "restore",
    "run",
    "story",
]
