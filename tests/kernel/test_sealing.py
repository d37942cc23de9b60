"""What was sealed or signed once is opened by every later version of the shop."""

import pytest

from shop.kernel.sealing import private_token


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        ("order", "uBfJYXbzurD4MO1zWBjmSR-DEPoYM_5S"),
        ("gift", "rg0hUaST8O-8Kz0vy0YpKp0uUyfsgKUR"),
        ("pledge", "J2DD24dR-1wI2BWtsqK5jVmLg-phvra9"),
    ],
)
def test_a_private_link_in_a_mail_opens_what_it_opened_when_it_was_sent(kind, token):
    assert private_token(kind, "s" * 32, "n0nce") == token
    assert len(token) == 192 // 6
    assert private_token(kind, "t" * 32, "n0nce") != token
    assert private_token(kind, "s" * 32, "nonce") != token
