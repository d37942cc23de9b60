"""Paying on somebody else's page: cards by Stripe, Vietnamese wallets. Files as in any room."""
