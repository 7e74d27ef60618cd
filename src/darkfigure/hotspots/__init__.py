"""Referrals by country and multi-country reports by region."""
