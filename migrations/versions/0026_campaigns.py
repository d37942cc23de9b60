"""Campaigns: offers, gifts, beneficiaries, disbursements, and the public account with its chain."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0026"
down_revision = "0019a"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
NOBODY = f"coalesce({_SAID}, '') = ''"
HERS = f"nullif({_SAID}, '')::bigint"
#: What an erasure may change of a line of the public account; all else stays.
FIXED = (
    "id", "campaign_id", "number", "on_day", "amount_vnd", "kind", "code", "commitment",
    "previous", "hash", "transaction_id", "gift_id", "share_payment_id", "disbursement_id",
    "recorded_at",
)  # fmt: skip


def upgrade() -> None:
    _tables()
    _keep_the_account()
    _keep_sellers_apart()


def _tables() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title_vi", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("for_whom_vi", sa.String(length=160), nullable=False),
        sa.Column("for_whom_en", sa.String(length=160), nullable=False),
        sa.Column("why_vi", sa.Text(), nullable=False),
        sa.Column("why_en", sa.Text(), nullable=False),
        sa.Column("beneficiary_rule_vi", sa.Text(), nullable=False),
        sa.Column("beneficiary_rule_en", sa.Text(), nullable=False),
        sa.Column("spending_vi", sa.Text(), nullable=False),
        sa.Column("spending_en", sa.Text(), nullable=False),
        sa.Column("legal_basis_vi", sa.String(length=300), nullable=False),
        sa.Column("legal_basis_en", sa.String(length=300), nullable=False),
        sa.Column("document_no", sa.String(length=60), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=False),
        sa.Column("goal_vnd", BIG, nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("distribute_by", sa.Date(), nullable=True),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("picture_id", BIG, nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("submitted_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("finished_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("entries", BIG, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "closes_on IS NOT NULL OR kind = 'sale'", name=op.f("ck_campaigns_only_sales_stand")
        ),
        sa.CheckConstraint(
            "kind IN ('relief', 'giving', 'sale')", name=op.f("ck_campaigns_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'waiting', 'open', 'closed', 'finished', 'cancelled')",
            name=op.f("ck_campaigns_state_known"),
        ),
        sa.CheckConstraint(
            "closes_on IS NULL OR closes_on >= opens_on",
            name=op.f("ck_campaigns_closes_after_opening"),
        ),
        sa.CheckConstraint(
            "distribute_by IS NULL OR closes_on IS NOT NULL AND distribute_by >= closes_on",
            name=op.f("ck_campaigns_handed_over_after_closing"),
        ),
        sa.CheckConstraint("goal_vnd > 0", name=op.f("ck_campaigns_goal_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_campaigns_created_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_campaigns_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_campaigns_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_campaigns_picture_id_pictures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("code", name=op.f("uq_campaigns_code")),
    )
    op.create_index(
        op.f("ix_campaigns_organisation_id"), "campaigns", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_campaigns_payee_id"), "campaigns", ["payee_id"], unique=False)
    op.create_index("ix_campaigns_shown", "campaigns", ["state", "closes_on"], unique=False)
    op.create_table(
        "beneficiaries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("ward_code", sa.String(length=5), nullable=False),
        sa.Column("ward_name", sa.String(length=80), nullable=False),
        sa.Column("households", BIG, nullable=False),
        sa.Column("consent_for", sa.String(length=10), nullable=False),
        sa.Column("consent_kind", sa.String(length=10), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("consent_until", sa.Date(), nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("forgotten_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "consent_for = '' OR consent_kind <> '' AND consent_on IS NOT NULL AND consent_until IS NOT NULL",
            name=op.f("ck_beneficiaries_consent_is_whole"),
        ),
        sa.CheckConstraint(
            "consent_for IN ('', 'initials', 'name')",
            name=op.f("ck_beneficiaries_consent_for_known"),
        ),
        sa.CheckConstraint("households >= 1", name=op.f("ck_beneficiaries_households_positive")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_beneficiaries_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_beneficiaries_created_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beneficiaries")),
        sa.UniqueConstraint("code", name=op.f("uq_beneficiaries_code")),
    )
    op.create_index(
        op.f("ix_beneficiaries_campaign_id"), "beneficiaries", ["campaign_id"], unique=False
    )
    op.create_table(
        "campaign_approvals",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("place", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint("place IN (1, 2)", name=op.f("ck_campaign_approvals_place_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_campaign_approvals_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_approvals_campaign_id_campaigns"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_approvals")),
    )
    op.create_index(
        op.f("ix_campaign_approvals_campaign_id"),
        "campaign_approvals",
        ["campaign_id"],
        unique=False,
    )
    op.create_index(
        "uq_campaign_approvals_person",
        "campaign_approvals",
        ["campaign_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "uq_campaign_approvals_place",
        "campaign_approvals",
        ["campaign_id", "place"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "campaign_deadlines",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("duty", sa.String(length=12), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_deadlines_campaign_id_campaigns"),
        ),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["accounts.id"], name=op.f("fk_campaign_deadlines_done_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_deadlines")),
        sa.UniqueConstraint(
            "campaign_id", "duty", name=op.f("uq_campaign_deadlines_campaign_id_duty")
        ),
    )
    op.create_table(
        "campaign_offers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=False),
        sa.Column("share_kind", sa.String(length=10), nullable=False),
        sa.Column("share_vnd", BIG, nullable=False),
        sa.Column("share_hundredths", BIG, nullable=False),
        sa.Column("cost_vnd", BIG, nullable=False),
        sa.Column("given_by", sa.String(length=80), nullable=False),
        sa.Column("consent_kind", sa.String(length=10), nullable=False),
        sa.Column("consent_by", sa.String(length=80), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_id", BIG, nullable=True),
        sa.Column("started_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "(share_kind = 'fixed') = (share_vnd > 0) AND (share_kind = 'percent') = (share_hundredths > 0) AND (share_kind = 'after_cost') = (cost_vnd > 0) AND share_vnd >= 0 AND share_hundredths BETWEEN 0 AND 10000 AND cost_vnd >= 0",
            name=op.f("ck_campaign_offers_share_fits_its_kind"),
        ),
        sa.CheckConstraint(
            "consent_kind IN ('self', 'in_person', 'voice', 'paper')",
            name=op.f("ck_campaign_offers_consent_known"),
        ),
        sa.CheckConstraint(
            "share_kind IN ('fixed', 'percent', 'after_cost', 'all')",
            name=op.f("ck_campaign_offers_share_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_offers_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["accounts.id"], name=op.f("fk_campaign_offers_ended_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_campaign_offers_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["accounts.id"],
            name=op.f("fk_campaign_offers_recorded_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_campaign_offers_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_offers")),
    )
    op.create_index(
        op.f("ix_campaign_offers_campaign_id"), "campaign_offers", ["campaign_id"], unique=False
    )
    op.create_index(
        op.f("ix_campaign_offers_seller_id"), "campaign_offers", ["seller_id"], unique=False
    )
    op.create_index(
        "uq_campaign_offers_product_now",
        "campaign_offers",
        ["product_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "gifts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("memo", sa.String(length=12), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("received_vnd", BIG, nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("order_id", BIG, nullable=True),
        sa.Column("rounds_up", sa.Boolean(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("has_email", sa.Boolean(), nullable=False),
        sa.Column("shown_name", sa.String(length=60), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("message_shown_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("link_nonce", sa.String(length=32), nullable=False),
        sa.Column("link_digest", sa.String(length=64), nullable=False),
        sa.Column("offered_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("received_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("written_by_id", BIG, nullable=True),
        sa.Column("forgotten_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "method IN ('transfer', 'card', 'late_money', 'refund')",
            name=op.f("ck_gifts_method_known"),
        ),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_gifts_amount_positive")),
        sa.CheckConstraint("received_vnd >= 0", name=op.f("ck_gifts_received_not_negative")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_gifts_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_gifts_payee_id_payees")),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["accounts.id"], name=op.f("fk_gifts_written_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gifts")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_gifts_attempt_id")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_gifts_link_digest")),
        sa.UniqueConstraint("memo", name=op.f("uq_gifts_memo")),
    )
    op.create_index(op.f("ix_gifts_campaign_id"), "gifts", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_gifts_order_id"), "gifts", ["order_id"], unique=False)
    op.create_index(op.f("ix_gifts_payee_id"), "gifts", ["payee_id"], unique=False)
    op.create_table(
        "share_payments",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("payee_id", BIG, nullable=False),
        sa.Column("memo", sa.String(length=12), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("received_vnd", BIG, nullable=False),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("reported_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("received_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_share_payments_amount_positive")),
        sa.CheckConstraint(
            "received_vnd >= 0", name=op.f("ck_share_payments_received_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_share_payments_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"], ["payees.id"], name=op.f("fk_share_payments_payee_id_payees")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_share_payments_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_payments")),
        sa.UniqueConstraint("memo", name=op.f("uq_share_payments_memo")),
    )
    op.create_index(
        op.f("ix_share_payments_campaign_id"), "share_payments", ["campaign_id"], unique=False
    )
    op.create_index(
        op.f("ix_share_payments_payee_id"), "share_payments", ["payee_id"], unique=False
    )
    op.create_index(
        op.f("ix_share_payments_seller_id"), "share_payments", ["seller_id"], unique=False
    )
    op.create_index(
        "uq_share_payments_open",
        "share_payments",
        ["campaign_id", "seller_id"],
        unique=True,
        sqlite_where=sa.text("received_at IS NULL"),
        postgresql_where=sa.text("received_at IS NULL"),
    )
    op.create_table(
        "disbursements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("beneficiary_id", BIG, nullable=True),
        sa.Column("words_vi", sa.String(length=200), nullable=False),
        sa.Column("words_en", sa.String(length=200), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("goods_vi", sa.String(length=160), nullable=False),
        sa.Column("goods_en", sa.String(length=160), nullable=False),
        sa.Column("stated_value_vnd", BIG, nullable=True),
        sa.Column("planned_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("planned_by_id", BIG, nullable=False),
        sa.Column("approved_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("approved_by_id", BIG, nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("done_by_id", BIG, nullable=True),
        sa.Column("witness_one", sa.String(length=80), nullable=False),
        sa.Column("witness_two", sa.String(length=80), nullable=False),
        sa.Column("voucher_no", sa.String(length=40), nullable=False),
        sa.Column("cancelled_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "(form = 'money') = (amount_vnd > 0)", name=op.f("ck_disbursements_money_has_amount")
        ),
        sa.CheckConstraint("form IN ('money', 'goods')", name=op.f("ck_disbursements_form_known")),
        sa.CheckConstraint(
            "purpose = 'cost' OR beneficiary_id IS NOT NULL",
            name=op.f("ck_disbursements_hand_over_has_beneficiary"),
        ),
        sa.CheckConstraint(
            "purpose IN ('hand_over', 'cost')", name=op.f("ck_disbursements_purpose_known")
        ),
        sa.CheckConstraint(
            "state <> 'done' OR done_on IS NOT NULL AND voucher_no <> '' AND witness_one <> '' AND witness_two <> '' AND witness_one <> witness_two",
            name=op.f("ck_disbursements_done_is_witnessed"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'approved', 'done', 'cancelled')",
            name=op.f("ck_disbursements_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'done') OR approved_by_id <> planned_by_id",
            name=op.f("ck_disbursements_two_people"),
        ),
        sa.CheckConstraint("amount_vnd >= 0", name=op.f("ck_disbursements_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["accounts.id"],
            name=op.f("fk_disbursements_approved_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiaries.id"],
            name=op.f("fk_disbursements_beneficiary_id_beneficiaries"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_disbursements_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"],
            ["accounts.id"],
            name=op.f("fk_disbursements_cancelled_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["accounts.id"], name=op.f("fk_disbursements_done_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["planned_by_id"], ["accounts.id"], name=op.f("fk_disbursements_planned_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disbursements")),
        sa.UniqueConstraint("code", name=op.f("uq_disbursements_code")),
    )
    op.create_index(
        op.f("ix_disbursements_beneficiary_id"), "disbursements", ["beneficiary_id"], unique=False
    )
    op.create_index(
        op.f("ix_disbursements_campaign_id"), "disbursements", ["campaign_id"], unique=False
    )
    op.create_table(
        "goods_gifts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("words_vi", sa.String(length=160), nullable=False),
        sa.Column("words_en", sa.String(length=160), nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("unit_vi", sa.String(length=30), nullable=False),
        sa.Column("unit_en", sa.String(length=30), nullable=False),
        sa.Column("stated_value_vnd", BIG, nullable=True),
        sa.Column("shown_name", sa.String(length=80), nullable=False),
        sa.Column("offer_id", BIG, nullable=True),
        sa.Column("given_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("written_by_id", BIG, nullable=True),
        sa.Column("withdrawn_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_goods_gifts_quantity_positive")),
        sa.CheckConstraint(
            "stated_value_vnd IS NULL OR stated_value_vnd >= 0",
            name=op.f("ck_goods_gifts_value_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_goods_gifts_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["campaign_offers.id"],
            name=op.f("fk_goods_gifts_offer_id_campaign_offers"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["accounts.id"], name=op.f("fk_goods_gifts_written_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_gifts")),
    )
    op.create_index(
        op.f("ix_goods_gifts_campaign_id"), "goods_gifts", ["campaign_id"], unique=False
    )
    op.create_index(op.f("ix_goods_gifts_offer_id"), "goods_gifts", ["offer_id"], unique=False)
    op.create_table(
        "disbursement_evidence",
        sa.Column("id", BIG, nullable=False),
        sa.Column("disbursement_id", BIG, nullable=False),
        sa.Column("picture_id", BIG, nullable=False),
        sa.Column("caption_vi", sa.String(length=200), nullable=False),
        sa.Column("caption_en", sa.String(length=200), nullable=False),
        sa.Column("shown_until", sa.Date(), nullable=True),
        sa.Column("added_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("added_by_id", BIG, nullable=True),
        sa.Column("removed_at", shop.db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by_id"],
            ["accounts.id"],
            name=op.f("fk_disbursement_evidence_added_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["disbursement_id"],
            ["disbursements.id"],
            name=op.f("fk_disbursement_evidence_disbursement_id_disbursements"),
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"],
            ["pictures.id"],
            name=op.f("fk_disbursement_evidence_picture_id_pictures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disbursement_evidence")),
    )
    op.create_index(
        op.f("ix_disbursement_evidence_disbursement_id"),
        "disbursement_evidence",
        ["disbursement_id"],
        unique=False,
    )
    op.create_table(
        "fund_entries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("transaction_id", BIG, nullable=False),
        sa.Column("gift_id", BIG, nullable=True),
        sa.Column("share_payment_id", BIG, nullable=True),
        sa.Column("disbursement_id", BIG, nullable=True),
        sa.Column("recorded_at", shop.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(name IS NULL) = (salt IS NULL)", name=op.f("ck_fund_entries_erased_together")
        ),
        sa.CheckConstraint("amount_vnd <> 0", name=op.f("ck_fund_entries_amount_not_nought")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_fund_entries_number_positive")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_fund_entries_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["disbursement_id"],
            ["disbursements.id"],
            name=op.f("fk_fund_entries_disbursement_id_disbursements"),
        ),
        sa.ForeignKeyConstraint(
            ["gift_id"], ["gifts.id"], name=op.f("fk_fund_entries_gift_id_gifts")
        ),
        sa.ForeignKeyConstraint(
            ["share_payment_id"],
            ["share_payments.id"],
            name=op.f("fk_fund_entries_share_payment_id_share_payments"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_fund_entries_transaction_id_ledger_transactions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_entries")),
        sa.UniqueConstraint(
            "campaign_id", "number", name=op.f("uq_fund_entries_campaign_id_number")
        ),
        sa.UniqueConstraint("code", name=op.f("uq_fund_entries_code")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_fund_entries_transaction_id")),
    )
    op.create_index(
        op.f("ix_fund_entries_disbursement_id"), "fund_entries", ["disbursement_id"], unique=False
    )
    op.create_index(op.f("ix_fund_entries_gift_id"), "fund_entries", ["gift_id"], unique=False)
    op.create_index(
        op.f("ix_fund_entries_share_payment_id"), "fund_entries", ["share_payment_id"], unique=False
    )


def _keep_the_account() -> None:
    """A line is never taken away, and only its name and salt are erased, together."""
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in FIXED)
    erased = "NEW.name IS NOT NULL OR NEW.salt IS NOT NULL"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER fund_entries_no_update BEFORE UPDATE ON fund_entries "
            f"WHEN {changed} OR {erased} "
            "BEGIN SELECT RAISE(ABORT, 'a public account is never changed'); END"
        )
        op.execute(
            "CREATE TRIGGER fund_entries_no_delete BEFORE DELETE ON fund_entries "
            "BEGIN SELECT RAISE(ABORT, 'a public account is never changed'); END"
        )
        return
    changed = changed.replace("IS NOT NEW", "IS DISTINCT FROM NEW")
    op.execute(
        "CREATE FUNCTION keep_fund_entry() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {changed} OR {erased} THEN "
        "RAISE EXCEPTION 'a public account is never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        # Of named columns: a trigger of all takes the right to update from the shop's role.
        f"CREATE TRIGGER fund_entries_kept BEFORE UPDATE OF {', '.join(FIXED)}, name, salt "
        "ON fund_entries FOR EACH ROW EXECUTE FUNCTION keep_fund_entry()"
    )
    op.execute(
        "CREATE TRIGGER fund_entries_stay BEFORE DELETE ON fund_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER fund_entries_stay_whole BEFORE TRUNCATE ON fund_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _keep_sellers_apart() -> None:
    """Everybody reads what is sold for a campaign; only she changes it. What she pays is hers."""
    if op.get_bind().dialect.name == "sqlite":
        return
    hers = f"({NOBODY} OR seller_id = {HERS})"
    for table, read in (("campaign_offers", "(true)"), ("share_payments", hers)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for verb, how in (
            ("select", f"USING {read}"),
            ("insert", f"WITH CHECK {hers}"),
            ("update", f"USING {hers}"),
            ("delete", f"USING {hers}"),
        ):
            op.execute(f"CREATE POLICY {table}_{verb} ON {table} FOR {verb.upper()} {how}")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
