"""Words that devices of these families print themselves, so that all others may be somebody's.

Where a page is not understood, a word that is not in here is taken for a name.
"""

from __future__ import annotations

import html
import re

from eponctl import units
from eponctl.capture.invention import NAME

_WORDS = frozenset(
    """
    a abnormal access action activate activated active add address administrator admin-state age
    aging alarm alarms alias alive all and apply asp attempt auth auth-fail author auto bandwidth
    base basic bias board body boot build button by c card charset chip clear clock close code com
    config configuration confirm connect connected connection content cos count counter cpu create
    ctc ctcinfo ctcnegdone current d data date day days db dbm deactivate deactivated default deg
    delete deny denied deregister deregistered deregistration description detail details device dhcp
    diagnose dying dying-gasp diagnosis disable disabled discovery display displayall distance do
    document down download edit enable enabled epon error event exchange exit export factory fail
    failed failure fe fdb fiber fibre finish finished firmware first flow form forbidden found frame
    from full gasp gateway ge get getallpononutable gpon group h hardware have help home hour hours
    html http https id igmp import in index info information initial input interface inactive ip
    item key language laser last layer learn learned length level light limit link linkdown linkup
    list llid load local log login loginfailed loginout logout logs loid loop loopdetected losi los
    lost m ma mac main manage management manual max mbps memory menu message method min minute
    minutes mode model module moved mpcp mpcpdiscovery mpcpsla ms mtu multicast mv n na name negdone
    network next no none normal not number object of off offline ok olt olt-init on online onu onus
    onu-init oam operation operator optic optical option options or other out overview packet page
    password path percent permanently please poe pon pon1 port ports pots power present previous
    procedure product profile protocol pwrdown query range reason reboot receive received refresh
    register registered register_time reject rejectbyblacklist rejectbywhitelist release reload
    required requestcfg requires reset rssi rtt run running rx s save script search second seconds
    see select serial server service session set settings sfp sfu hgu show site sla slot sn software
    specified spanning speed start state static statistic statistics status stop submit success
    switch sync syslog system table task temperature text the time timeout times timezone to top
    total tq traffic transmit tx type unauth unauthorized undefined unicast unit unknown up update
    upgrade uplink uptime usage use user username v value vendor version vlan voltage vsol wan
    warning web week white wire work working year you your yes zone
    onustatusinfo onuauthinfo onuopmdiag systeminfo poninfo hsgq hioso hisfocus vsol bdcom goahead
    this that an are is was will be been has with as can cannot could try again must may it its we
    example host mail scrubbed somebody db8
    webs netlink syrotech dbc avies hsairpo btpon nginx lighttpd boa httpd iso-8859-1 utf-8 gb2312
    """.split()  # noqa: SIM905  (a word a line would be all one sees)
)
# Numbers with and without a unit, what stands for a port or a version, and what was invented.
_HARMLESS = re.compile(
    r"\d{1,6}|\d{1,6}(?:ms|s|m|h|d|c|v|mv|ma|db|dbm|mw|w|mb|kb|gb|g|ge|fe|km)|0x[0-9a-f]{1,4}"
    r"|(?:e|g|x)?pon\d{0,2}|onu\d{0,3}|v\d{1,3}|ge\d{0,2}|xge\d{0,2}|vlan\d{0,4}|[a-z]"
    r"|6281200\d{6}|x+",
    re.IGNORECASE | re.ASCII,
)
_FILE = re.compile(r"[\w./?=&#-]+\.(?:asp|html?|js|css|cgi|png|gif|ico|jpg)", re.ASCII)
_WORD = re.compile(r"[\w\x80-\xff]+", re.ASCII)
TEXT_PART = re.compile(
    r"(?:&#\w{1,6};){2,}|&(?:#\w{1,6}|[A-Za-z]{2,8});|[\w./-]+\.(?:asp|html?|js|css|cgi|png|gif)\b|[\w\x80-\xff]+",
    re.ASCII,
)
"""A word of a longer text, an entity, or the name of a file."""


def is_harmless(word: str) -> bool:
    """Whether a word is a device's own, or invented, or a number."""
    return word.lower() in _WORDS or bool(_HARMLESS.fullmatch(word) or NAME.fullmatch(word))


def is_harmless_text(text: str) -> bool:
    """Whether a value stands for nothing, or is made of harmless words alone."""
    if units.is_missing(text) or _FILE.fullmatch(text.strip()):
        return True
    if "&#" in text:
        # Somebody's name, letter by letter.
        text = html.unescape(text)
        if not all(letter <= "\xff" for letter in text):
            return False
    return all(is_harmless(word) for word in _WORD.findall(text))
