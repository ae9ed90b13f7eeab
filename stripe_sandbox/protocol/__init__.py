"""What all of Stripe's endpoints have in common: a request in, an answer out."""
