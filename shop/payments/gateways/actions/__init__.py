"""What is written down about visits, messages, refunds, disputes and payouts."""
