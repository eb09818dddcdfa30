"""Where customers' names come in: what is about to be put into words gets them from the database.

The only place for messages. Nothing is read before there is something to tell.
"""

from __future__ import annotations

from collections.abc import Iterable

from eponctl.messages.customers import beside, macs_in, with_customers
from eponctl.store import customers
from eponctl.store.events import Alert
from eponctl.telling.records import Bulletin


def named(bulletin: Bulletin) -> Bulletin:
    """The bulletin with customers' names beside those of their devices."""
    return with_customers(bulletin, customers.names(macs_in(bulletin)))


def names_of(alerts: Iterable[Alert]) -> list[str]:
    """What to call the ONUs that these events are about; some are about an OLT or a PON."""
    those = [alert for alert in alerts if alert.mac]
    known = customers.names(alert.mac for alert in those if alert.mac)
    return [
        beside(alert.name, known.get(alert.mac or "")) or alert.onu_id or alert.olt_id
        for alert in those
    ]
