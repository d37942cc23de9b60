"""Who may do what: the one table. A right holds in the unit of the role and everything below it.

A new right is a new line; nothing else in the shop names roles.
"""

ROLES = (
    "head", "deputy", "treasurer", "officer", "organiser", "helper", "trainer", "member",
)  # fmt: skip

#: y: may. Money out (``confirm_money_out``) and its proposal are on purpose in different hands.
_TABLE = """
right                 head  deputy  treasurer  officer  organiser  helper  trainer  member
see_unit               y      y        y          y        y         y        y        y
see_sellers            y      y        y          y        y         y        -        -
see_orders             y      y        y          y        y         y        -        -
move_orders            y      y        -          y        -         -        -        -
edit_units             y      y        -          -        -         -        -        -
appoint                y      -        -          -        -         -        -        -
create_seller          y      y        -          y        -         -        -        -
edit_seller            y      y        -          y        -         y        -        -
approve_seller         y      y        -          -        -         -        -        -
give_code              y      y        -          y        -         y        -        -
check_papers           y      y        -          y        -         -        -        -
describe_pictures      y      y        -          y        -         y        -        -
answer_complaints      y      y        -          y        -         y        -        -
judge_reviews         y      y        -          -        -         -        -        -
change_bank_account    y      -        y          -        -         -        -        -
confirm_money_in       y      -        y          -        -         -        -        -
propose_money_out      -      -        y          y        -         -        -        -
confirm_money_out      y      y        -          -        -         -        -        -
give_vouchers          y      y        y          -        -         -        -        -
see_books              y      y        y          -        -         -        -        -
run_calls              y      y        -          y        y         -        -        -
run_campaigns          y      y        -          y        y         -        -        -
run_markets            y      y        -          y        y         -        -        -
run_stall              y      y        -          y        y         y        -        -
approve_campaigns      y      y        y          -        -         -        -        -
set_shares             y      y        -          -        -         -        -        -
see_audit              y      y        y          -        -         -        -        -
see_members            y      y        -          y        -         y        -        -
edit_members           y      y        -          y        -         -        -        -
keep_groups            y      y        -          y        y         -        -        -
announce               y      y        -          y        y         -        -        -
write_reports          y      y        -          y        -         -        -        -
teach                  y      y        -          y        -         -        y        -
answer_questions       y      y        -          y        -         y        y        -
"""


def _read(table: str) -> dict[str, frozenset[str]]:
    head, *lines = [line.split() for line in table.strip().splitlines()]
    if tuple(head[1:]) != ROLES:
        raise ValueError("The columns of the permission table are not the roles.")
    return {
        right: frozenset(role for role, mark in zip(ROLES, marks, strict=True) if mark == "y")
        for right, *marks in lines
    }


#: {right: roles that have it}
RIGHTS = _read(_TABLE)


def roles_with(right: str) -> frozenset[str]:
    """Return the roles that have a right. An unknown right is a bug."""
    return RIGHTS[right]
