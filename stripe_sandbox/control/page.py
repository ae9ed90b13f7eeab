"""The control panel's page."""
