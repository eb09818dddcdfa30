"""The texts that go out by WhatsApp, in `id` and `en`. Pure: clock and zone are passed in."""

from eponctl.messages.bulletins import bulletin
from eponctl.messages.notes import Backlog, backlog_summary, repeat_marked, test_message
from eponctl.messages.periodic import periodic_report
from eponctl.messages.report import Averages, hourly_report
from eponctl.messages.split import LIMIT, Group, Section, pack
from eponctl.messages.templates import LANGUAGES
from eponctl.messages.text import clip, duration, moment, neutral, number, units
from eponctl.messages.views import Limits

__all__ = [
    "LANGUAGES",
    "LIMIT",
    "Averages",
    "Backlog",
    "Group",
    "Limits",
    "Section",
    "backlog_summary",
    "bulletin",
    "clip",
    "duration",
    "hourly_report",
    "moment",
    "neutral",
    "number",
    "pack",
    "periodic_report",
    "repeat_marked",
    "test_message",
    "units",
]
