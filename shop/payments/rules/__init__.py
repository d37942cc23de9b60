"""Rules of money coming in: what is owed, the memo, the VietQR text, who holds cash."""
