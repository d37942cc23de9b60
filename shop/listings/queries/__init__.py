"""Reads of public pages, by noun: lists, cards, products, makers, search. Core only."""
