"""The simulated BDCOM OLT prints what the notes say of the real ones."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from eponctl.simulator import Farm
from eponctl.simulator.bdcom import BdcomOlt, make_bdcom


def get(olt: BdcomOlt, path: str, password: str | None = "admin") -> str:
    """Fetch a page with the standard library."""
    request = urllib.request.Request(olt.url + path)
    if password is not None:
        token = base64.b64encode(f"admin:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    with urllib.request.urlopen(request, timeout=5) as answer:
        return str(answer.read().decode())


@pytest.fixture
def olt(serve: Callable[..., Farm]) -> BdcomOlt:
    """An OLT with three ONUs on two PONs."""
    made = make_bdcom(3, pons=2)
    serve(made)
    return made


def test_page_assigns_each_field_by_index(olt: BdcomOlt) -> None:
    olt.onus[1].mac = "02:A5:6A:DD:7E:1D"
    olt.lose(olt.onus[1].onu_id, gasp=True)
    text = get(olt, "/onuintfstate.asp")

    assert f'intfName[1]="EPON{olt.onus[1].onu_id}";' in text
    assert 'MACAddress[1]="02a5.6add.7e1d";' in text
    assert 'intfproto[0]="up";' in text
    assert 'intfproto[1]="down";' in text
    assert 'deregReason[1]="power-off";' in text


def test_array_may_have_a_suffix_a_hole_and_another_order(olt: BdcomOlt) -> None:
    olt.suffix, olt.by_row, olt.is_reversed = "1", False, True
    olt.missing = {("intfName", 1)}
    text = get(olt, "/onuintfstate.asp")

    assert -1 < text.index("intfName1[2]=") < text.index("intfName1[0]=")
    assert text.index("intfName1[0]=") < text.index("MACAddress1[2]=")
    assert "intfName1[1]=" not in text
    assert "MACAddress1[1]=" in text


def test_pages_that_a_recording_asks_for_are_there(olt: BdcomOlt) -> None:
    olt.onus[0].rx_power_dbm = -21.5
    text = get(olt, f"/onuintfbasicinfo.asp?intfName=EPON{olt.onus[0].onu_id}")

    assert "received power(DBm): -21.5" in text
    assert 'var cpuUsage="7%"; var memUsage="41%";' in get(olt, "/systemstate.asp")


@pytest.mark.parametrize("password", [None, "wrong"])
@pytest.mark.parametrize("path", ["/", "/onuintfstate.asp", "/nowhere.asp"])
def test_nothing_is_shown_without_the_password(
    olt: BdcomOlt, path: str, password: str | None
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(olt, path, password)
    assert 401 == caught.value.code
    assert caught.value.headers["WWW-Authenticate"].startswith("Basic")
    caught.value.close()


def test_page_of_hioso_is_not_there(olt: BdcomOlt) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(olt, "/onuAllPonOnuList.asp")
    assert 404 == caught.value.code
    caught.value.close()


def test_request_that_changes_the_device_is_recorded(olt: BdcomOlt) -> None:
    request = urllib.request.Request(olt.url + "/onuintfstate.asp", data=b"x=1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    caught.value.close()
    assert ["POST"] == [served.method for served in olt.violations]
