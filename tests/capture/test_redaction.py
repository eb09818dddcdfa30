"""What redaction takes out, what it leaves, and that it does both the same way everywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eponctl.capture.recording import Exchange
from eponctl.capture.redaction import Owner, Redaction, redacted
from eponctl.capture.vocabulary import is_harmless_text

URL = "http://192.168.1.100:88"
OWNER = Owner(URL, "operator7", "rahasia-sekali", ("OLT-KEDIRI-01", "OLT Kediri Pusat"))


def page(body: str | bytes, path: str = "/x.asp", **headers: str) -> Exchange:
    text = body.encode() if isinstance(body, str) else body
    sent = {
        key[5:].replace("_", "-"): value for key, value in headers.items() if key[:5] == "sent_"
    }
    given_headers = {
        key.replace("_", "-"): value for key, value in headers.items() if key[:5] != "sent_"
    }
    return Exchange("GET", URL + path, 200, given_headers, text, sent)


def bodies(found: Redaction) -> list[str]:
    return [one.exchange.body.decode() for one in found.exchanges]


def clean(*texts: str, owner: Owner = OWNER) -> list[str]:
    return bodies(redacted([page(text) for text in texts], owner))


# --- MACs -----------------------------------------------------------------------------------------

octets = st.lists(st.integers(0, 255), min_size=6, max_size=6).filter(lambda mac: mac[0] & 2 == 0)


def notations(mac: list[int]) -> list[str]:
    digits = bytes(mac).hex()
    pairs = re.findall("..", digits)
    forms = [
        ":".join(pairs),
        "-".join(pairs),
        ".".join(re.findall("....", digits)),
        "%3A".join(pairs),
        "-".join(re.findall("......", digits)),
    ]
    # Digits without a letter may be a telephone number, or just numbers.
    spare = [digits, " ".join(pairs), ",".join(pairs)]
    return forms + spare * bool(re.search("[a-f]", digits))


@given(st.lists(octets, min_size=1, max_size=4, unique_by=tuple))
def test_mac_is_the_same_invented_one_in_every_notation(macs: list[list[int]]) -> None:
    texts = [
        f"<td>{form.upper() if at % 2 and '%' not in form else form}</td>"
        for mac in macs
        for at, form in enumerate(notations(mac))
    ]
    found = clean(*texts)

    assert list(map(len, texts)) == list(map(len, found))
    digits = [re.sub("%3A|[^0-9A-Fa-f]", "", text[4:-5]).upper() for text in found]
    per_mac = iter(digits)
    seen = [{next(per_mac) for _ in notations(mac)} for mac in macs]
    assert [1] * len(macs) == list(map(len, seen))
    assert len(macs) == len(set.union(*seen))
    assert all(int(one[:2], 16) & 2 for one in digits)


@pytest.mark.parametrize(
    "text",
    [
        *("0x70a56add7e1d", "0X70A56ADD7E1D", "mac70a56add7e1d", "MAC70A56ADD7E1D"),
        *(
            f"70{sign}a5{sign}6a{sign}dd{sign}7e{sign}1d"
            for sign in ("\\:", "&colon;", "&#x3a;", "\\u003a", "\\x3a")
        ),
        "70%253Aa5%253A6a%253Add%253A7e%253A1d",
    ],
)
def test_mac_is_known_however_it_is_escaped(text: str) -> None:
    for found in clean(
        f"<p>{text}</p>", f"<script>go('{text}');</script>", f'{{"status":"{text}"}}'
    ):
        assert not re.search("(?i)6add|7e1d|dd.{0,9}7e", found)


def test_mac_keeps_its_case_and_its_separators() -> None:
    found = clean("a E4:77:27:80:F9:17 b e4-77-27-80-f9-17 c e477.2780.f917 d e4772780f917")

    assert ["a 02:EB:0C:00:00:01 b 02-eb-0c-00-00-01 c 02eb.0c00.0001 d 02eb0c000001"] == found


@pytest.mark.parametrize("length", range(6, 17))
def test_mac_that_a_page_was_cut_in_is_no_clue(length: int) -> None:
    (found,) = clean("var a=new Array('0/1:1','x','" + "E4:77:27:80:F9:17"[:length])

    assert "E4" not in found
    assert "77" not in found


# --- names ----------------------------------------------------------------------------------------

# What a person may be called, on a device that escapes nothing.
letters = st.builds(
    lambda word, rest: f"{word}{rest}".strip(),
    st.text("KMRSTbdiknruw", min_size=4, max_size=8).filter(
        lambda word: not is_harmless_text(word)
    ),
    st.text("KRaeiu 0123456789.,()*+-_/#éä中🏠", max_size=14),
)


TABLE = "<table><tr><td>ONU ID</td><td>MAC Address</td><td>Description</td></tr><tr>"


def script(text: str) -> str:
    return f"<script>{text}</script>"


def formats(name: str) -> list[str]:
    return [
        script(f"var onutable=new Array('0/1:1','{name}','02:11:22:33:44:55','Up','0101');"),
        f"<script>var onuinfo=new Array('0/1:1','{name}','--');</script>",
        f"<script>var ponListTable=new Array('0/1','{name}');</script>",
        f"<td>Jun 5 05:47:40 EPON: Slot 0/1/2:20 Onu 58:60:10:08:1c:68[{name}] Lost</td>",
        f"{TABLE}<td class='hd'>EPON0/1:1</td><td>02:11:22:33:44:55</td><td>{name}</td></table>",
        f'<script>description[0]="{name}";\ndescription1[1]="{name}";</script>',
        json.dumps({"code": 1, "data": [{"onu_id": 1, "onu_name": name, "onu_desc": name}]}),
        json.dumps({"data": {"hostname": name}}, ensure_ascii=False),
        f"<tr><td>System Name</td><td><input name=hostname value='{name}'></td></tr>",
        f"<p>{name}</p>",
        f"<option value='1'>{name}</option>",
        f"<a onclick=\"edit('0/1:1','{name}')\">x</a>",
    ]


@given(letters)
def test_no_format_of_a_page_keeps_a_name(name: str) -> None:
    texts = formats(name)
    found = clean(*texts)

    escaped = {name, json.dumps(name)[1:-1]}
    words = {word for word in re.findall("[A-Za-z]{4,}", name) if not is_harmless_text(word)}
    for text, left in zip(texts, found, strict=True):
        assert not [one for one in escaped if one in left], text
        own = text.replace(name, "").replace(json.dumps(name)[1:-1], "")
        assert not [word for word in words if word in left and word not in own], text


@given(letters)
def test_redacting_what_was_redacted_changes_nothing(name: str) -> None:
    texts = [*formats(name), "rahasia-sekali 10.1.2.3 http://10.1.2.3/x 081234567890 a@b.id"]
    once = clean(*texts)

    assert once == clean(*once)


@given(letters, letters)
def test_same_name_is_the_same_invention_and_another_is_another(one: str, other: str) -> None:
    rows = [
        f"'0/1:{at}','{name}','02:11:22:33:44:5{at}'" for at, name in enumerate((one, other, one))
    ]
    (found,) = clean(f"<script>var onutable=new Array({','.join(rows)});</script>")
    first, second, third = re.findall(r"NAME\d+x*", found)

    assert first == third
    assert (one == other) == (first == second)


def test_what_stands_for_no_name_stays() -> None:
    text = script("var onutable=new Array('0/1:1','NA','02:EB:0C:00:00:01','Up','0/1:2','--');")

    assert [text] == clean(text)


def test_words_of_a_device_stay_also_those_that_nobody_knows_yet() -> None:
    row = "var onutable=new Array('0/1:1','Budi','02:EB:0C:00:00:01','FlappingX','CtcNew');"
    answer = '{"code":1,"data":[{"onu_name":"Budi","status":"Wobbly","last_down_reason":"Gnawed"}]}'
    cells = 'intfproto[0]="half-up";\nderegReason[0]="gnawed";\ndescription[0]="Budi";'
    found = clean(script(row), answer, script(cells))

    assert ["FlappingX", "CtcNew"] == re.findall("FlappingX|CtcNew", found[0])
    assert ["Wobbly", "Gnawed"] == re.findall("Wobbly|Gnawed", found[1])
    assert ["half-up", "gnawed"] == re.findall("half-up|gnawed", found[2])
    assert "Budi" not in "".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "var onutable=new Array('0/1:1','Pak Bu",
        "var onutable=new Array('0/1:1','Budi','E4:77:2",
        '<script>description[0]="Pak Bu',
        '{"code":1,"data":[{"onu_name":"Pak Bu',
        "<table><tr><td>EPON0/1:1</td><td>Online</td><td>Pak Bu",
    ],
)
def test_page_that_was_cut_amid_a_name_keeps_nothing_of_it(text: str) -> None:
    (found,) = clean(text)

    assert not re.search("Pak|Bu", found)


def test_page_of_unknown_shape_keeps_no_word_that_may_be_a_name() -> None:
    text = (
        "<html><title>Budi Net</title><script>var rows=new Array('Budi','3','Up');"
        "var x='Budi';</script><div title='Budi'>Pak Budi, Jl. Melati</div><!-- Budi --></html>"
    )
    (found,) = clean(text)

    assert not re.search("Budi|Melati|Pak", found)
    assert "'3','Up'" in found


def test_name_is_found_again_on_a_page_that_comes_before_it() -> None:
    first, _ = clean(
        "<script>go('0/1:1', x, \"*Kantor Desa*\")</script>",
        "<script>var onutable=new Array('0/1:1','*Kantor Desa*','02:11:22:33:44:55');</script>",
    )

    assert "Kantor" not in first


@pytest.mark.parametrize(
    "text",
    [
        "<script>addOnu(3, 'Budi Santoso');</script>",
        '<script>var o = {"who": "Budi Santoso", "n": 1};</script>',
        "<script>x = 'a' + 'Budi Santoso';</script>",
        '<script>document.write("<td class=hd>Budi Santoso</td>");</script>',
        "<script>// of Budi Santoso\nvar a = 1; /* Santoso */</script>",
        "<script>return `Budi Santoso`;</script>",
        "<script>x = '\\u0042udi \\x53antoso';</script>",
        "<div data-name='Budi Santoso'></div>",
        "<input type=text value=Budi Santoso>",
        "<a href='/onuConfig.asp?onuname=Budi Santoso&x=1'>",
        '<item onu="1/3:1,Budi Santoso,Up"/>',
        "<p>&#66;&#117;&#100;&#105; &#83;&#97;&#110;&#116;&#111;&#115;&#111;</p>",
        "<p title='&#66;&#117;&#100;&#105;'>&#27427;&#27427;</p>",
    ],
)
def test_name_is_found_in_every_corner_of_a_page(text: str) -> None:
    (found,) = clean(text)

    assert not re.search("Budi|Santoso|udi|antoso|&#66;&#117;|&#27427;&#27427;", found)
    assert [found] == clean(found)


def test_markup_and_code_of_a_page_stay() -> None:
    text = (
        "<script>function createTable(){ document.write(\"<tr><td class='hd'>\"); }</script>"
        "<input type=button name=refresh value=Refresh onclick='reload()' disabled>"
        "<a href='/onuConfig.asp?onuno=0/1:3&oltponno=0/1'><td nowrap width=10%>"
    )

    assert [text] == clean(text)


@pytest.mark.parametrize(
    "text",
    [
        "<input type=password name=x value='123456'>",
        '<input name="wifi_pwd" value="123456">',
        "<script>var wpaKey = '123456';</script>",
        '<script>pppoePwd[0]="123456";</script>',
        '{"wifi_password": "123456"}',
        '{"pppoe_pwd": 123456}',
        "<table><tr><td>Serial Number:</td><td>123456</td></tr></table>",
        "<table><tr><td>WiFi Password</td><td>123456</td></tr></table>",
        "<script>var sysInfo=new Array('','','','OLT','V2','r','','','','V1','123456');</script>",
        "<p>+91 98765 123456, (0341) 123456, 0341-123456</p>",
        "<a href='/x.asp?sid=k123456&user=w123456'>",
    ],
)
def test_field_that_is_somebodys_is_kept_not_even_as_a_number(text: str) -> None:
    (found,) = clean(text)

    assert "123456" not in found


def test_realm_is_the_firmwares_or_nobodys() -> None:
    realms = ["EPON OLT", "HA7304C", "Budi Net"]
    found = redacted([page("", WWW_Authenticate=f'Basic realm="{one}"') for one in realms], OWNER)
    headers = [one.exchange.headers["WWW-Authenticate"] for one in found.exchanges]

    assert ['Basic realm="EPON OLT"', 'Basic realm="HA7304C"'] == headers[:2]
    assert re.fullmatch(r'Basic realm="NAME\d{4}x*"', headers[2])


# --- secrets --------------------------------------------------------------------------------------

passwords = st.text(
    st.characters(codec="ascii", categories=("L", "N", "P")), min_size=6, max_size=16
).filter(
    lambda word: not is_harmless_text(word) and len(set(word)) > 3 and re.search("[A-Za-z]", word)
)


@given(passwords)
def test_password_is_nowhere_in_no_spelling(password: str) -> None:
    owner = Owner(URL, "operator7", password)
    # One that is a word of pages is left, and told of.
    assume(not redacted([], owner).is_unsafe)
    pair = f"operator7:{password}".encode()
    spelt = [
        *(password, quote(password, safe=""), json.dumps(password)[1:-1]),
        *(base64.b64encode(password.encode()).decode(), base64.b64encode(pair).decode()),
        *(hashlib.md5(pair).hexdigest(), "operator7"),
        *(hashlib.sha256(password.encode()).hexdigest(), password.encode().hex().upper()),
        "".join(f"%{byte:02X}" for byte in password.encode()),
        "".join(f"&#{ord(letter)};" for letter in password),
        "".join(f"\\x{ord(letter):02x}" for letter in password),
        base64.b64encode(b"operator7&" + password.encode()).decode(),
    ]
    answer = json.dumps({"code": 1, "data": {"message": password, "key": spelt[5]}})
    found = "".join(clean(*(f"<p>a {one} b</p>" for one in spelt), answer, owner=owner))

    assert [] == [one for one in spelt if one in found]


def test_session_is_nowhere() -> None:
    exchanges = [
        page("<p>abcTOKEN1</p>", X_Token="abcTOKEN1", Set_Cookie="sid=COOKIE77; path=/"),
        page("<a href='?SessionKey=kmwex'>", sent_Cookie="sid=COOKIE77", sent_X_Token="abcTOKEN1"),
        page("<script>f.SessionKey.value = 'fgzki';</script>", "/x.asp?id=COOKIE77"),
        page("<script>f.SessionKey.value = '';</script>"),
    ]
    found = redacted(exchanges, OWNER)
    text = repr([one.exchange for one in found.exchanges])

    assert not re.search("TOKEN1|COOKIE77|kmwex|fgzki|Cookie", text)
    assert {"X-Token": "scrubbed"} == found.exchanges[0].exchange.headers
    assert "SessionKey.value = '';" in text
    assert "SessionKey.value = 'aaaaa';" in text


def test_password_that_is_a_word_of_pages_is_left_and_told_of() -> None:
    found = redacted([page('<input type="password" name="pass">')], Owner(URL, "admin", "pass"))

    assert ['<input type="password" name="pass">'] == bodies(found)
    assert found.is_unsafe


# --- addresses ------------------------------------------------------------------------------------


def test_addresses_and_numbers_are_those_of_nobody() -> None:
    (found,) = clean(
        "<p>203.0.114.9 192.168.1.100 255.255.255.0 V1.2.3.4 203.0.114.9 2001:470:1f0b::9"
        " 0812-345-6789 +6281234567890 budi@warung.id</p>"
    )

    assert (
        "<p>192.0.2.1 192.0.2.2 255.255.255.0 V1.2.3.4 192.0.2.1 2001:db8::0001"
        " 6281200000001 6281200000002 somebody@mail.example</p>"
    ) == found


def test_urls_lead_nowhere_but_to_the_recording() -> None:
    (found,) = clean(
        f"<a href='{URL}/y.asp'><a href='http://u:p@vendor.co.id/z'><a href='http://192.168.1.100/'>"
    )

    assert (
        "<a href='http://olt.example/y.asp'><a href='http://host-1.example/z'>"
        "<a href='http://host-2.example/'>"
    ) == found


def test_redirect_within_the_device_stays_one() -> None:
    found = redacted([page("", Location=f"{URL}/index.asp")], OWNER)

    assert "http://olt.example/index.asp" == found.exchanges[0].exchange.headers["Location"]
    assert "http://olt.example/x.asp" == found.exchanges[0].exchange.url


def test_bytes_that_are_no_text_survive() -> None:
    row = (
        "<table><tr><td>ONU ID</td><td>MAC Address</td><td>Description</td></tr>"
        "<tr><td>EPON0/1:1</td><td>02:11:22:33:44:55</td><td>{}</td></tr></table>"
    )
    body = row.format("中文客户").encode("gb18030") + b"\xff\xfe"
    found = redacted([page(body)], OWNER).exchanges[0].exchange.body

    assert "中文".encode("gb18030") not in found
    assert re.search(rb"<td>NAME\d{4}</td></tr></table>NAME\d{4}\Z", found)


def test_what_was_replaced_is_counted() -> None:
    text = "<script>var onutable=new Array('0/1:1','Budi','E4:77:27:80:F9:17');</script>"
    found = redacted([page(text), page("<p>OLT</p>")], OWNER)

    assert [{"MAC": 1, "name": 1}, {}] == [one.replaced for one in found.exchanges]
