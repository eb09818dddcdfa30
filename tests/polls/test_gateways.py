"""Whole polls of the installed command that send through other gateways than MPWA."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from eponctl.simulator import Farm, GatewayFault, cloudgate, gowagate, make_olt
from eponctl.simulator.othergateway import Kind, OtherGateway
from tests.polls.conftest import Site

TO = "6281200000001"


@pytest.mark.parametrize("module", [gowagate, cloudgate])
def test_alert_is_sent_once_and_for_all(module: ModuleType, tmp_path: Path) -> None:
    key = "noc:key-1" if module is gowagate else "key-1"
    gateway, olt = OtherGateway(cast(Kind, module), api_key=key), make_olt("A22", 4)
    onu = olt.onus[0]
    with Farm([olt], gateway=gateway) as farm:
        site = Site(tmp_path, farm, gateway)
        channel = gateway.configuration(TO)
        site.configure(edit=lambda text: _with_channel(text, channel))
        site.good_poll()
        farm.change(lambda: olt.lose(onu.onu_id))
        gateway.fault = GatewayFault.BAD_GATEWAY
        failed = site.poll()
        gateway.fault = GatewayFault.NONE
        site.good_poll()
        site.good_poll()

    assert (1, "") == (failed.code, failed.out)
    assert "gateway: HTTP 502" in failed.err
    (text,) = gateway.texts_for(TO)
    assert onu.mac in text


def _with_channel(text: str, channel: str) -> str:
    """The same file with another [whatsapp]."""
    begin, end = text.index("[whatsapp]"), text.index("[[olt]]")
    return f"{text[:begin]}{channel}\n{text[end:]}"
