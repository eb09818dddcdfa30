"""What a phone shows of a message."""

from __future__ import annotations

import pytest

from eponctl.simulator import phone_view


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*VIP* Budi", "VIP Budi"),
        ("_miring_ dan ~coret~ dan `kode`", "miring dan coret dan kode"),
        ("*_tebal miring_*!", "tebal miring!"),
        ("PSB_BUDI_RT03", "PSB_BUDI_RT03"),
        ("*tidak*jadi", "*tidak*jadi"),
        ("* butir", "• butir"),
        ("- butir *satu*", "• butir satu"),
        ("> _kutip_", "│ kutip"),
        ("*dua\nbaris*", "*dua\nbaris*"),
        ("```a *b*\nc```", "a *b*\nc"),
        ("`*mentah*`", "*mentah*"),
        ("**", "**"),
        ("***", "*"),
        (r"\*x*", r"\*x*"),
        ("aman\x1b[31m\rya\ttab", "aman[31myatab"),
        ("🔴 *OLT* (A-1)", "🔴 OLT (A-1)"),
    ],
)
def test_marks_are_consumed_as_a_phone_does(text: str, shown: str) -> None:
    assert phone_view(text) == shown


def test_styles_on_a_terminal() -> None:
    assert phone_view("*a* _b_", ansi=True) == "\x1b[1ma\x1b[0m \x1b[3mb\x1b[0m"
