"""One person with a phone, whom the gateway never fails: what they are told of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from eponctl.settings import Config, WhatsAppSettings
from eponctl.telling.plan import Situation, plan
from eponctl.telling.records import Bulletin, Stage, Told
from tests.network import Network

NUMBER = "6281200000001"


@dataclass
class Recipient:
    """Everyone who gets everything, and the ledger of it."""

    network: Network
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    bulletins: list[Bulletin] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """How many messages came."""
        return len(self.bulletins)

    def listen(self) -> list[Bulletin]:
        """Be told what there is to tell after a poll."""
        config = Config(
            Path("/olts.toml"),
            Path("/eponctl.db"),
            ZoneInfo("Asia/Jakarta"),
            alerts=self.network.settings,
            whatsapp=WhatsAppSettings(enabled=True, recipients=(NUMBER,)),
        )
        now = self.network.now
        incidents = list(self.network.incidents.values())
        situation = Situation(
            now=now,
            incidents=[one for one in incidents if one.is_open or self._is_owed(one.id)],
            told=self.told,
            notes={},
            passed=lambda recipient, start, end: {},
            recent={},
            hushed=lambda incident: False,
            gaps={},
            digested_at={},
        )
        made = plan(situation, config)
        for bulletin in made:
            for item in bulletin.items:
                self._remember(item.incident.id, item.stage, now)
        self.bulletins += made
        return made

    def _is_owed(self, incident_id: str) -> bool:
        told = self.told.get((incident_id, NUMBER))
        return told is not None and not told.is_closed

    def _remember(self, incident_id: str, stage: Stage, now: int) -> None:
        incident = self.network.incidents[incident_id]
        before = self.told.get((incident_id, NUMBER))
        self.told[incident_id, NUMBER] = Told(
            first_at=before.first_at if before else now,
            last_at=now,
            onus=max(len(incident.members), before.onus if before else 0),
            extent=incident.extent,
            has_half=stage is Stage.HALF or (before is not None and before.has_half),
            is_closed=stage is Stage.CLOSED,
        )
        for other in self.network.incidents.values():
            if other.merged_into == incident_id and (other.id, NUMBER) in self.told:
                self.told[other.id, NUMBER] = self.told[incident_id, NUMBER]
