"""A stateful stand-in for Stripe: the API, signed webhooks, hosted pages, and faults on request.

Its own program (`python -m stripe_sandbox`): it knows nothing of the shop and needs neither keys
nor a network. `create_sandbox` makes the WSGI application for tests that want both in one process.
"""
