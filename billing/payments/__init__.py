"""Money that comes, and that goes back: from the payment link to the providers' books."""
