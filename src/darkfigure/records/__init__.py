"""Types that cross a stage."""
