"""Rules of carriers' payments: reading their files, comparing a line with its parcel."""
