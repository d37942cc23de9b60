"""`make bench`: what a page and an order cost, beside four yardsticks in the same run.

Words (DECISIONS 16): H a bare Flask "hello"; L a bare Flask + Jinja listing of 24
products by one Core query; B the same by four ORM queries; W raw order transactions
against the same engine. The bare app is B plus a bare cart and checkout of five ORM
writes. Ratios are medians over interleaved passes; absolute figures are remarks.
"""
