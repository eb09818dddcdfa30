"""The SQL that makes each version of the schema out of the one before, as it was released.

A version that was released never changes: there are databases that it made. What the tables are now
is schema.py's; a test holds the two together.
"""

from __future__ import annotations

VERSION_1 = (
    """
    CREATE TABLE IF NOT EXISTS "meta" ("key" TEXT NOT NULL PRIMARY KEY, "value" TEXT NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS "olt_status" (
        "olt_id" TEXT NOT NULL PRIMARY KEY, "driver" TEXT, "dialect" TEXT, "memory" TEXT,
        "model" TEXT, "firmware" TEXT, "uptime" TEXT, "baseline_at" INTEGER,
        "last_poll_at" INTEGER, "last_success_at" INTEGER, "poll_ms" INTEGER,
        "failures" INTEGER NOT NULL, "failing_since" INTEGER, "error" TEXT,
        "announced_at" INTEGER, "failed_pons" TEXT, "onus_by_pon" TEXT, "optics_at" INTEGER)
    """,
    """
    CREATE TABLE IF NOT EXISTS "onu_status" (
        "id" INTEGER NOT NULL PRIMARY KEY, "olt_id" TEXT NOT NULL, "mac" TEXT NOT NULL,
        "onu_id" TEXT NOT NULL, "name" TEXT, "status" TEXT NOT NULL, "status_raw" TEXT NOT NULL,
        "reason" TEXT, "reason_raw" TEXT, "temperature_c" REAL, "rx_power_dbm" REAL,
        "tx_power_dbm" REAL, "distance_m" INTEGER, "last_rx_power_dbm" REAL,
        "last_temperature_c" REAL, "auth_status" TEXT, "ctc_status" TEXT, "firmware" TEXT,
        "online_since" INTEGER, "deregistrations" INTEGER, "signal" TEXT NOT NULL,
        "heat" TEXT NOT NULL, "since" INTEGER NOT NULL, "outage_at" INTEGER, "outage_raw" TEXT,
        "outage_reason" TEXT, "seen_at" INTEGER NOT NULL, "missed" INTEGER NOT NULL,
        "told_status" TEXT NOT NULL, "status_off" INTEGER NOT NULL, "told_signal" TEXT NOT NULL,
        "signal_off" INTEGER NOT NULL, "told_heat" TEXT NOT NULL, "heat_off" INTEGER NOT NULL,
        "announced" INTEGER NOT NULL, "gone_at" INTEGER, "optics" BLOB)
    """,
    """
    CREATE UNIQUE INDEX IF NOT EXISTS "onurow_olt_id_mac" ON "onu_status" ("olt_id", "mac")
    """,
    """
    CREATE TABLE IF NOT EXISTS "alert_history" (
        "id" INTEGER NOT NULL PRIMARY KEY, "at" INTEGER NOT NULL, "seen_at" INTEGER NOT NULL,
        "olt_id" TEXT NOT NULL, "mac" TEXT, "onu_id" TEXT, "name" TEXT, "kind" TEXT NOT NULL,
        "priority" TEXT NOT NULL, "before" TEXT, "after" TEXT, "lasted_s" INTEGER, "detail" TEXT)
    """,
    """
    CREATE INDEX IF NOT EXISTS "alertrow_at" ON "alert_history" ("at")
    """,
    """
    CREATE TABLE IF NOT EXISTS "monitoring_stats" (
        "id" INTEGER NOT NULL PRIMARY KEY, "at" INTEGER NOT NULL, "olt_id" TEXT NOT NULL,
        "is_ok" INTEGER NOT NULL, "poll_ms" INTEGER NOT NULL, "onus" INTEGER NOT NULL,
        "online" INTEGER NOT NULL, "problems" INTEGER NOT NULL, "avg_temperature_c" REAL,
        "avg_rx_power_dbm" REAL, "error" TEXT)
    """,
    """
    CREATE INDEX IF NOT EXISTS "statrow_olt_id_at" ON "monitoring_stats" ("olt_id", "at")
    """,
    """
    CREATE TABLE IF NOT EXISTS "outbox" (
        "id" INTEGER NOT NULL PRIMARY KEY, "created_at" INTEGER NOT NULL,
        "recipient" TEXT NOT NULL, "kind" TEXT NOT NULL, "text" TEXT NOT NULL,
        "state" TEXT NOT NULL, "due_at" INTEGER NOT NULL, "tries" INTEGER NOT NULL,
        "tries_alike" INTEGER NOT NULL, "tried_at" INTEGER, "outcome" TEXT, "error" TEXT,
        "sent_at" INTEGER, "gateway_id" TEXT)
    """,
    """
    CREATE INDEX IF NOT EXISTS "messagerow_state" ON "outbox" ("state")
    """,
    """
    CREATE TABLE IF NOT EXISTS "outbox_alert" (
        "message_id" INTEGER NOT NULL, "alert_id" INTEGER NOT NULL,
        PRIMARY KEY ("message_id", "alert_id"),
        FOREIGN KEY ("message_id") REFERENCES "outbox" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("alert_id") REFERENCES "alert_history" ("id") ON DELETE CASCADE)
    WITHOUT ROWID
    """,
    """
    CREATE INDEX IF NOT EXISTS "messagealertrow_message_id" ON "outbox_alert" ("message_id")
    """,
    """
    CREATE INDEX IF NOT EXISTS "messagealertrow_alert_id" ON "outbox_alert" ("alert_id")
    """,
    """
    CREATE TABLE IF NOT EXISTS "optical_history" (
        "onu" INTEGER NOT NULL, "at" INTEGER NOT NULL, "rx" INTEGER, "temperature" INTEGER,
        PRIMARY KEY ("onu", "at"))
    WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS "optical_hourly" (
        "onu" INTEGER NOT NULL, "hour" INTEGER NOT NULL, "rx_min" INTEGER, "rx_avg" INTEGER,
        "rx_max" INTEGER, "temperature_avg" INTEGER, "temperature_max" INTEGER,
        PRIMARY KEY ("onu", "hour"))
    WITHOUT ROWID
    """,
)
"""What each ONU and OLT is, what happened to it, and what was told."""

VERSION_2 = (
    'ALTER TABLE "onu_status" ADD COLUMN "usual_rx_dbm" REAL',
    'ALTER TABLE "onu_status" ADD COLUMN "step_off" INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE "onu_status" ADD COLUMN "step_ref_dbm" REAL',
    'ALTER TABLE "alert_history" ADD COLUMN "incident" TEXT',
    'ALTER TABLE "alert_history" ADD COLUMN "distance_m" INTEGER',
    'ALTER TABLE "alert_history" ADD COLUMN "reason" TEXT',
    'CREATE INDEX "alert_history_mac_at" ON "alert_history" ("mac", "at")',
    'ALTER TABLE "outbox" ADD COLUMN "bulletin" INTEGER',
    'CREATE INDEX "outbox_recipient_sent_at" ON "outbox" ("recipient", "sent_at")',
    # What waits already is in the words of the first version: it goes out as it is.
    """UPDATE "outbox" SET "bulletin" = 0 WHERE "state" = 'queued'""",
    """
    CREATE TABLE "incident" (
        "id" TEXT NOT NULL PRIMARY KEY, "kind" TEXT NOT NULL, "extent" TEXT NOT NULL,
        "priority" TEXT NOT NULL, "opened_at" INTEGER NOT NULL, "grown_at" INTEGER NOT NULL,
        "olt_ids" TEXT NOT NULL, "of" TEXT NOT NULL, "polls" INTEGER NOT NULL, "verdict" TEXT,
        "after" INTEGER, "closed_at" INTEGER, "acked_at" INTEGER, "merged_into" TEXT,
        "detail" TEXT, "settled_at" INTEGER)
    """,
    'CREATE INDEX "incident_opened_at" ON "incident" ("opened_at")',
    'CREATE INDEX "incident_closed_at" ON "incident" ("closed_at")',
    'CREATE INDEX "incident_merged_into" ON "incident" ("merged_into")',
    'CREATE INDEX "incident_settled_at_closed_at" ON "incident" ("settled_at", "closed_at")',
    """
    CREATE TABLE "incident_onu" (
        "incident" TEXT NOT NULL, "number" INTEGER NOT NULL, "olt_id" TEXT NOT NULL,
        "mac" TEXT NOT NULL, "onu_id" TEXT NOT NULL, "name" TEXT, "status" TEXT NOT NULL,
        "status_raw" TEXT NOT NULL, "priority" TEXT NOT NULL, "at" INTEGER NOT NULL,
        "after" INTEGER, "reason" TEXT, "reason_raw" TEXT, "is_gasp" INTEGER,
        "distance_m" INTEGER, "rx_power_dbm" REAL, "temperature_c" REAL, "value" REAL,
        "usual" REAL, "ended_at" INTEGER, "ending" TEXT, PRIMARY KEY ("incident", "number"))
    WITHOUT ROWID
    """,
    'CREATE INDEX "incident_onu_mac_olt_id" ON "incident_onu" ("mac", "olt_id")',
    """
    CREATE TABLE "outbox_incident" (
        "message_id" INTEGER NOT NULL, "incident" TEXT NOT NULL, "stage" TEXT NOT NULL,
        "onus" INTEGER NOT NULL, "extent" TEXT NOT NULL,
        PRIMARY KEY ("message_id", "incident", "stage"),
        FOREIGN KEY ("message_id") REFERENCES "outbox" ("id") ON DELETE CASCADE)
    WITHOUT ROWID
    """,
    'CREATE INDEX "outbox_incident_incident" ON "outbox_incident" ("incident")',
    """
    CREATE TABLE "pending_note" (
        "alert_id" INTEGER NOT NULL, "recipient" TEXT NOT NULL,
        PRIMARY KEY ("alert_id", "recipient"),
        FOREIGN KEY ("alert_id") REFERENCES "alert_history" ("id") ON DELETE CASCADE)
    WITHOUT ROWID
    """,
    """
    CREATE TABLE "silence" (
        "id" INTEGER NOT NULL PRIMARY KEY, "target" TEXT NOT NULL, "from_at" INTEGER NOT NULL,
        "until_at" INTEGER NOT NULL, "why" TEXT, "ended_at" INTEGER)
    """,
)
"""Incidents, and which message tells of which; what is quiet on purpose."""

VERSION_3 = ('ALTER TABLE "onu_status" ADD COLUMN "optics_at" INTEGER',)
"""How old the optics are that come from slow pages."""

VERSION_4 = (
    """
    CREATE TABLE "customer" (
        "mac" TEXT NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "phone" TEXT, "note" TEXT)
    """,
)
"""Who the customer behind an ONU is."""
