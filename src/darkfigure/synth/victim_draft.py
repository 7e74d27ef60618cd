"""A victim of the synthetic case review while the world is being drawn."""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.records.restricted import RelationInGroup, RelationToTrafficker, Sex, Victim
from darkfigure.synth.case_files import CaseDraft


@dataclass(slots=True, kw_only=True)
class VictimDraft:
    """One victim while the world is being drawn."""

    file: CaseDraft
    number: int
    sex: Sex = Sex.FEMALE
    age: int | None = None
    relation: RelationToTrafficker = RelationToTrafficker.UNKNOWN
    group: int | None = None
    in_group: RelationInGroup | None = None
    family: int = 0
    abuse_months: int | None = None
    province: str | None = None

    def as_record(self) -> Victim:
        """Give the victim as the record of the review."""
        return Victim(
            case=self.file.number,
            number=self.number,
            sex=self.sex,
            age_years=self.age,
            relation=self.relation,
            rescued=self.group is not None,
            rescue_group=self.group,
            relation_in_group=self.in_group,
            abuse_months=self.abuse_months,
            province=self.province,
        )
