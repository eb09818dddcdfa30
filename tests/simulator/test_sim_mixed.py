"""Farms of several families, TLS before a device, and that no family lets itself be changed."""

from __future__ import annotations

import ssl
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from eponctl.cli.simulate import Family
from eponctl.simulator import (
    FAMILIES,
    Farm,
    Gateway,
    SimOlt,
    configuration,
    listing,
    make_bdcom,
    make_farm,
    make_hsgq,
    make_mixed,
    make_olt,
    make_vsol,
)

DATA = Path(__file__).parents[1] / "data"


def test_mixed_farm_is_in_turn_of_its_families_and_of_what_each_has() -> None:
    kinds = [olt.kind for olt in make_mixed(9, 4)]

    assert ["A22", "V-SOL A", "HSGQ", "BDCOM", "A16", "V-SOL B", "HSGQ", "BDCOM", "B13"] == kinds
    assert [olt.kind for olt in make_farm(9, 4)] == [
        olt.kind for olt in make_mixed(9, 4, ["hioso"])
    ]
    assert ["HSGQ", "V-SOL A", "HSGQ"] == [olt.kind for olt in make_mixed(3, 4, ["hsgq", "vsol"])]


def test_mixed_farm_has_no_mac_twice() -> None:
    olts = make_mixed(16, 12)

    assert 16 * 12 == len({onu.mac for olt in olts for onu in olt.onus})


def test_family_that_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="known: hioso, vsol, hsgq, bdcom"):
        make_mixed(1, 1, ["tenda"])


def test_command_offers_the_families_there_are() -> None:
    assert (*FAMILIES, "all") == tuple(Family)


def test_olt_of_many_pons_has_no_mac_twice() -> None:
    olt = make_olt("A22", 40 * 64, pons=40)

    assert 40 * 64 + 1 == len({olt.mac, *(onu.mac for onu in olt.onus)})


def test_configuration_takes_a_certificate_that_nobody_vouches_for() -> None:
    plain, locked = make_vsol("A", 1, seed=1), make_vsol("A", 1, seed=2)
    locked.certificate = (str(DATA / "expired.crt"), str(DATA / "selfsigned.key"))
    gateway = Gateway()
    with Farm([plain, locked], gateway=gateway):
        found = tomllib.loads(configuration([plain, locked], gateway))["olt"]
        text = listing([plain, locked], gateway)

    assert [None, False] == [olt.get("verify_tls") for olt in found]
    assert ["http", "https"] == [olt["url"].partition(":")[0] for olt in found]
    assert "V-SOL A" in text


@pytest.mark.parametrize("certificate", ["selfsigned.crt", "expired.crt"])
def test_device_by_tls_is_the_same_device(serve: Callable[..., Farm], certificate: str) -> None:
    olt = make_vsol("A", 4)
    olt.certificate = (str(DATA / certificate), str(DATA / "selfsigned.key"))
    serve(olt)
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=careless)
    )
    with opener.open(olt.url + "/action/login.html", timeout=5) as answer:
        assert b"lgform" in answer.read()
    with pytest.raises(OSError, match="certificate"):
        requests.get(olt.url + "/action/login.html", timeout=5)
    # Who does not like the certificate has asked nothing.
    assert ["/action/login.html"] == [one.path for one in olt.log]


@pytest.mark.parametrize(
    ("olt", "method", "path"),
    [
        (make_olt("A22", 2), "POST", "/goform/setOnu"),
        (make_olt("B13", 2), "POST", "/onuConfig.asp"),
        (make_bdcom(2), "POST", "/onuintfstate.asp"),
        (make_bdcom(2), "GET", "/goform/onuReboot"),
        (make_hsgq(2), "GET", "/system_reboot"),
        (make_hsgq(2), "POST", "/onumgmt?form=config"),
        (make_vsol("C", 2), "GET", "/action/onuauthinfo.html?who=5"),
        (make_vsol("C", 2), "POST", "/action/configsave.html"),
        (make_vsol("A", 2), "DELETE", "/action/onustatusinfo.html"),
    ],
    ids=lambda value: value.kind if isinstance(value, SimOlt) else value,
)
def test_request_that_would_change_a_device_of_any_family_fails_loudly(
    serve: Callable[..., Farm], session: requests.Session, olt: SimOlt, method: str, path: str
) -> None:
    serve(olt)
    answer = session.request(method, olt.url + path, auth=("admin", "admin"), timeout=5)

    assert 500 == answer.status_code
    assert [(method, path)] == [(one.method, one.path) for one in olt.violations]
