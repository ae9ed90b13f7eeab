"""Stripe's objects: one file each, its states and then its routes."""
