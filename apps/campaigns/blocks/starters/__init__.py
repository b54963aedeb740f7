"""Shipped landing pages: one file per mechanic that has its own words, and a general one for all others."""
