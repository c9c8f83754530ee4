"""Money that comes in and goes back: from the payment link to the providers' books."""
