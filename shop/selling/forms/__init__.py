"""Forms of the seller's pages: what people write becomes values of the rooms below."""
