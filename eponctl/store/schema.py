"""The tables. peewee models for schema, queries and small writes; rows never leave this package.

onu_status, alert_history and monitoring_stats are named as in the original, where they mean the
same. Times are UTC seconds. The two optical tables hold scaled whole numbers under one composite
key, without a rowid: 30 bytes a row instead of 200.

What stands here is the newest schema, for queries; versions.py makes the tables. Long, because it
is one list of them.
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class MetaRow(Model):
    """Single facts of the installation, by name."""

    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "meta"


class OltRow(Model):
    """What is remembered of an OLT; its name, address and login stay in olts.toml."""

    olt_id = TextField(primary_key=True)
    driver = TextField(null=True)
    dialect = TextField(null=True)
    memory = TextField(null=True)
    model = TextField(null=True)
    firmware = TextField(null=True)
    uptime = TextField(null=True)
    baseline_at = IntegerField(null=True)
    last_poll_at = IntegerField(null=True)
    last_success_at = IntegerField(null=True)
    poll_ms = IntegerField(null=True)
    failures = IntegerField(default=0)
    failing_since = IntegerField(null=True)
    error = TextField(null=True)
    announced_at = IntegerField(null=True)
    failed_pons = TextField(null=True)
    onus_by_pon = TextField(null=True)
    optics_at = IntegerField(null=True)

    class Meta:
        table_name = "olt_status"


class OnuRow(Model):
    """One ONU, as model.OnuState; `optics` packs the running optical sums (optics.py)."""

    id = AutoField()
    olt_id = TextField()
    mac = TextField()
    onu_id = TextField()
    name = TextField(null=True)
    status = TextField()
    status_raw = TextField()
    reason = TextField(null=True)
    reason_raw = TextField(null=True)
    temperature_c = FloatField(null=True)
    rx_power_dbm = FloatField(null=True)
    tx_power_dbm = FloatField(null=True)
    distance_m = IntegerField(null=True)
    last_rx_power_dbm = FloatField(null=True)
    last_temperature_c = FloatField(null=True)
    auth_status = TextField(null=True)
    ctc_status = TextField(null=True)
    firmware = TextField(null=True)
    online_since = IntegerField(null=True)
    deregistrations = IntegerField(null=True)
    signal = TextField()
    heat = TextField()
    since = IntegerField()
    outage_at = IntegerField(null=True)
    outage_raw = TextField(null=True)
    outage_reason = TextField(null=True)
    seen_at = IntegerField()
    missed = IntegerField()
    told_status = TextField()
    status_off = IntegerField()
    told_signal = TextField()
    signal_off = IntegerField()
    told_heat = TextField()
    heat_off = IntegerField()
    announced = IntegerField()
    gone_at = IntegerField(null=True)
    optics = BlobField(null=True)
    usual_rx_dbm = FloatField(null=True)
    step_off = IntegerField(default=0)
    step_ref_dbm = FloatField(null=True)
    optics_at = IntegerField(null=True)

    class Meta:
        table_name = "onu_status"
        indexes = ((("olt_id", "mac"), True),)


class AlertRow(Model):
    """One event; of the ONU what it was then. `incident` is the id of the one it belongs to."""

    id = AutoField()
    at = IntegerField(index=True)
    seen_at = IntegerField()
    olt_id = TextField()
    mac = TextField(null=True)
    onu_id = TextField(null=True)
    name = TextField(null=True)
    kind = TextField()
    priority = TextField()
    before = TextField(null=True)
    after = TextField(null=True)
    lasted_s = IntegerField(null=True)
    detail = TextField(null=True)
    incident = TextField(null=True)
    distance_m = IntegerField(null=True)
    reason = TextField(null=True)

    class Meta:
        table_name = "alert_history"
        indexes = ((("mac", "at"), False),)


class IncidentRow(Model):
    """One incident, as records.Incident; mappings, lists and the verdict are JSON.

    `settled_at`: it is over, nobody is left to be told so, and no message of it waits.
    """

    id = TextField(primary_key=True)
    kind = TextField()
    extent = TextField()
    priority = TextField()
    opened_at = IntegerField(index=True)
    grown_at = IntegerField()
    olt_ids = TextField()
    of = TextField()
    polls = IntegerField()
    verdict = TextField(null=True)
    after = IntegerField(null=True)
    closed_at = IntegerField(null=True, index=True)
    acked_at = IntegerField(null=True)
    merged_into = TextField(null=True, index=True)
    detail = TextField(null=True)
    settled_at = IntegerField(null=True)

    class Meta:
        table_name = "incident"
        indexes = ((("settled_at", "closed_at"), False),)


class IncidentOnuRow(Model):
    """One ONU of an incident, as records.Member; `number` is its place among the members.

    An ONU that was struck twice is there twice.
    """

    incident = TextField()
    number = IntegerField()
    olt_id = TextField()
    mac = TextField()
    onu_id = TextField()
    name = TextField(null=True)
    status = TextField()
    status_raw = TextField()
    priority = TextField()
    at = IntegerField()
    after = IntegerField(null=True)
    reason = TextField(null=True)
    reason_raw = TextField(null=True)
    is_gasp = BooleanField(null=True)
    distance_m = IntegerField(null=True)
    rx_power_dbm = FloatField(null=True)
    temperature_c = FloatField(null=True)
    value = FloatField(null=True)
    usual = FloatField(null=True)
    ended_at = IntegerField(null=True)
    ending = TextField(null=True)

    class Meta:
        table_name = "incident_onu"
        primary_key = CompositeKey("incident", "number")
        indexes = ((("mac", "olt_id"), False),)
        without_rowid = True


class StatRow(Model):
    """One OLT in one poll; averages are over ONUs that are up."""

    at = IntegerField()
    olt_id = TextField()
    is_ok = BooleanField()
    poll_ms = IntegerField()
    onus = IntegerField()
    online = IntegerField()
    problems = IntegerField()
    avg_temperature_c = FloatField(null=True)
    avg_rx_power_dbm = FloatField(null=True)
    error = TextField(null=True)

    class Meta:
        table_name = "monitoring_stats"
        indexes = ((("olt_id", "at"), False),)


class MessageRow(Model):
    """One message to one recipient: the outbox, and what became of it.

    `state` is queued, sent, unsure (tried twice, perhaps delivered), dead (refused for good) or
    merged (told in a summary instead). `tries_alike` counts the last failures of one kind in a row.
    `sent_at` of a row that is not sent is when the gateway may first have taken it. `bulletin` is
    the id of the first part of a message in several parts, or of a message that this one repeats:
    while that one waits untried, both can be withdrawn. 0: never (what the first schema left).
    """

    id = AutoField()
    created_at = IntegerField()
    recipient = TextField()
    kind = TextField()
    text = TextField()
    state = TextField(default="queued", index=True)
    due_at = IntegerField()
    tries = IntegerField(default=0)
    tries_alike = IntegerField(default=0)
    tried_at = IntegerField(null=True)
    outcome = TextField(null=True)
    error = TextField(null=True)
    sent_at = IntegerField(null=True)
    gateway_id = TextField(null=True)
    bulletin = IntegerField(null=True)

    class Meta:
        table_name = "outbox"
        indexes = ((("recipient", "sent_at"), False),)


class MessageAlertRow(Model):
    """Which events a message tells of."""

    message = ForeignKeyField(MessageRow, on_delete="CASCADE")
    alert = ForeignKeyField(AlertRow, on_delete="CASCADE")

    class Meta:
        table_name = "outbox_alert"
        primary_key = CompositeKey("message", "alert")
        without_rowid = True


class MessageIncidentRow(Model):
    """The ledger: what a message says of which incident, as telling.records.Tell."""

    message = ForeignKeyField(MessageRow, on_delete="CASCADE", index=False)
    incident = TextField(index=True)
    stage = TextField()
    onus = IntegerField()
    extent = TextField()

    class Meta:
        table_name = "outbox_incident"
        primary_key = CompositeKey("message", "incident", "stage")
        without_rowid = True


class NoteRow(Model):
    """An event without an end that waits to be told to someone."""

    alert = ForeignKeyField(AlertRow, on_delete="CASCADE", index=False)
    recipient = TextField()

    class Meta:
        table_name = "pending_note"
        primary_key = CompositeKey("alert", "recipient")
        without_rowid = True


class SilenceRow(Model):
    """Quiet on purpose: nothing is told of what `target` fits, until then or until it was ended."""

    id = AutoField()
    target = TextField()
    from_at = IntegerField()
    until_at = IntegerField()
    why = TextField(null=True)
    ended_at = IntegerField(null=True)

    class Meta:
        table_name = "silence"


class CustomerRow(Model):
    """Who an ONU's customer is, as the operator says it; by MAC, also of those no OLT has."""

    mac = TextField(primary_key=True)
    name = TextField()
    phone = TextField(null=True)
    note = TextField(null=True)

    class Meta:
        table_name = "customer"


class OpticalRow(Model):
    """Optical history by change: rx in 0.01 dBm, temperature in 0.1 degrees C."""

    onu = IntegerField()
    at = IntegerField()
    rx = IntegerField(null=True)
    temperature = IntegerField(null=True)

    class Meta:
        table_name = "optical_history"
        primary_key = CompositeKey("onu", "at")
        without_rowid = True


class OpticalHourRow(Model):
    """Hourly roll-up, time-weighted: `hour` counts since the epoch; scaled as OpticalRow."""

    onu = IntegerField()
    hour = IntegerField()
    rx_min = IntegerField(null=True)
    rx_avg = IntegerField(null=True)
    rx_max = IntegerField(null=True)
    temperature_avg = IntegerField(null=True)
    temperature_max = IntegerField(null=True)

    class Meta:
        table_name = "optical_hourly"
        primary_key = CompositeKey("onu", "hour")
        without_rowid = True


TABLES: tuple[type[Model], ...] = (
    MetaRow,
    OltRow,
    OnuRow,
    AlertRow,
    IncidentRow,
    IncidentOnuRow,
    StatRow,
    MessageRow,
    MessageAlertRow,
    MessageIncidentRow,
    NoteRow,
    SilenceRow,
    CustomerRow,
    OpticalRow,
    OpticalHourRow,
)
