"""The texts that go out by WhatsApp, in `id` and `en`. Pure: clock and zone are passed in."""

from eponctl.messages.alerts import OltNews, alert
from eponctl.messages.notes import Backlog, backlog_summary, repeat_marked, test_message
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
    "OltNews",
    "Section",
    "alert",
    "backlog_summary",
    "clip",
    "duration",
    "hourly_report",
    "moment",
    "neutral",
    "number",
    "pack",
    "repeat_marked",
    "test_message",
    "units",
]
