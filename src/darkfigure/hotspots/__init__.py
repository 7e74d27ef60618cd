"""Referrals by country and multi-country reports by region."""

from darkfigure.hotspots.enticement import MultiCountryOptions, analyse_multi_country
from darkfigure.hotspots.referral_cases import ReferralOptions
from darkfigure.hotspots.referrals import analyse_referrals

__all__ = ["MultiCountryOptions", "ReferralOptions", "analyse_multi_country", "analyse_referrals"]
