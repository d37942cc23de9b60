"""What can be done about people and sign-ins. Each writes its own audit line."""

from shop.accounts.actions.consents import choose_news, note_consent, withdraw_consent
from shop.accounts.actions.factors import (
    begin_second_factor,
    confirm_second_factor,
    drop_second_factor,
    use_second_factor,
)
from shop.accounts.actions.passkeys import add_passkey, remove_passkey, use_passkey
from shop.accounts.actions.people import (
    change_contact,
    create_account,
    delete_account,
    disable_account,
    edit_profile,
    enable_account,
    forget_address,
    open_account_after_order,
    save_address,
)
from shop.accounts.actions.secrets import (
    ask_password_link,
    change_password,
    give_code,
    make_password_link,
    set_password_by_link,
    use_code,
    void_code,
)
from shop.accounts.actions.sign_ins import (
    count_try,
    end_every_sign_in,
    end_sign_in,
    end_sign_ins,
    forget_tries,
    give_step,
    prove_again,
    start_sign_in,
    take_step,
)

__all__ = [
    "add_passkey",
    "ask_password_link",
    "begin_second_factor",
    "change_contact",
    "change_password",
    "choose_news",
    "confirm_second_factor",
    "count_try",
    "create_account",
    "delete_account",
    "disable_account",
    "drop_second_factor",
    "edit_profile",
    "enable_account",
    "end_every_sign_in",
    "end_sign_in",
    "end_sign_ins",
    "forget_address",
    "forget_tries",
    "give_code",
    "give_step",
    "make_password_link",
    "note_consent",
    "open_account_after_order",
    "prove_again",
    "remove_passkey",
    "save_address",
    "set_password_by_link",
    "start_sign_in",
    "take_step",
    "use_code",
    "use_passkey",
    "use_second_factor",
    "void_code",
    "withdraw_consent",
]
