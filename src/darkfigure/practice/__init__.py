"""Prosecution practice, programme figures and recommendations."""

from darkfigure.practice.recommendations import evidence_ids, recommendations, study_questions
from darkfigure.practice.records import PracticeOptions, analyse_practice

__all__ = ["PracticeOptions", "analyse_practice", "evidence_ids", "recommendations", "study_questions"]
