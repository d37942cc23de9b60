"""QUALITY §2 and §3, line by line: the tests that show it, or why there is none.

``tests/test_threats.py`` looks that every line is here and that every test named exists.
A line that grows with the shop (money going out, webhooks, backups) changes here with it.
"""

HEADERS, HOSTILE = "tests/web/test_headers.py", "tests/web/test_hostile.py"
HOUSE, WALK, APART = "tests/test_house.py", "tests/test_walkers.py", "tests/test_sellers_apart.py"
SIGN_IN, ACCOUNT = "tests/accounts/test_sign_in.py", "tests/accounts/test_account_pages.py"
PASSKEYS, SWITCHING = "tests/accounts/test_passkeys.py", "tests/accounts/test_switching.py"
PEOPLE, KEPT, GUARDS = (
    "tests/accounts/test_rules.py", "tests/web/test_kept_pages.py", "tests/web/test_guards.py",
)  # fmt: skip
PLACING, MOVES, RACE = (
    "tests/ordering/test_placing.py", "tests/ordering/test_moves.py", "tests/ordering/test_race.py",
)  # fmt: skip
BUY, CHECKOUT, TRACK = (
    "tests/buying/test_orders.py", "tests/buying/test_checkout.py", "tests/buying/test_tracking.py",
)  # fmt: skip
STALL, GOODS, DESK = (
    "tests/selling/test_stall.py", "tests/selling/test_goods.py", "tests/operations/test_desk.py",
)  # fmt: skip
PICTURES, FILES, MAILS = (
    "tests/media/test_pipeline.py", "tests/media/test_files.py", "tests/notifications/test_mails.py",
)  # fmt: skip
UNITS, PAY, STOCK = (
    "tests/test_transactions.py", "tests/payments/test_actions.py", "tests/stock/test_stock.py",
)  # fmt: skip
LIMITS, RELAY, FAULTS = (
    "tests/web/test_limits.py", "tests/outbox/test_relay.py", "tests/faults/test_orders_survive.py",
)  # fmt: skip
COMMANDS, SETTINGS, BOOKS = (
    "tests/test_commands.py", "tests/test_settings.py", "tests/ledger/test_sealed.py",
)  # fmt: skip
BOOKKEEPING = "tests/payments/test_books.py"
HOOK, FEEDS = "tests/banking/test_hook.py", "tests/banking/test_feeds.py"

#: Reasons why a line, or a part of it, has no test yet. Said beside the tests that there are.
NO_CARDS = (
    "Cards come with an organisation that has a Stripe account: none of their hooks is here yet."
)
PAYOUTS, PAYOUT_PAGES = "tests/payouts/test_settling.py", "tests/payouts/test_pages.py"
BACKUP = "tests/faults/test_backup.py"
KEYS_IN_BACKUPS = "A backup keeps the wrapped data keys of its day, so it forgets a person when it is thrown away."

#: {line: tests as "file::function", and sentences that say what is left out and why}
LINES: dict[str, tuple[str, ...]] = {
    "I1": (f"{STOCK}::test_the_table_itself_refuses_to_be_oversold", f"{RACE}::test_without_the_guard_the_same_race_sells_what_is_not_there",
           "tests/operations/test_proofs.py::test_the_nightly_job_fails_in_sight_of_the_operator_and_repairs_nothing"),
    "I2": (f"{STOCK}::test_whatever_happens_the_moves_add_up_to_the_level", f"{STOCK}::test_what_was_written_down_is_never_changed",
           "tests/operations/test_proofs.py::test_all_is_well_after_an_order_and_a_wrong_number_is_named"),
    "I3": (f"{RACE}::test_fifty_buy_the_last_unit_and_one_gets_it", f"{RACE}::test_five_of_a_thing_go_to_five_of_sixteen",
           f"{FAULTS}::test_many_browsers_press_the_button_for_the_last_jar_at_once", f"{UNITS}::test_a_lock_that_another_holds_ends_in_503_and_stores_nothing"),
    "I4": (f"{STOCK}::test_two_demands_for_one_variant_are_summed_before_the_check", "tests/ordering/test_carts.py::test_the_same_thing_put_in_twice_is_one_line"),
    "I5": ("tests/ordering/test_drafts.py::test_an_order_is_the_sum_of_its_parts_and_a_part_the_sum_of_its_lines",
           f"{PLACING}::test_a_tampered_total_is_asked_again_and_stores_nothing", "tests/operations/test_proofs.py::test_the_command_lists_everything_and_says_which_rows"),
    "I6": (f"{BOOKS}::test_direct_sql_is_refused_and_changes_nothing", f"{BOOKS}::test_without_the_proof_at_commit_it_could",
           f"{APART}::test_no_grant_lets_the_shop_change_a_trail_and_a_trigger_stops_the_owner"),
    "I7": (f"{PAY}::test_too_much_is_said_and_given_back", f"{BOOKKEEPING}::test_a_double_tap_is_posted_once",
           f"{BOOKKEEPING}::test_an_event_that_never_reached_the_books_is_found", f"{BOOKKEEPING}::test_when_the_books_fail_the_event_is_not_stored_either"),
    "I8": (f"{BOOKKEEPING}::test_an_organisation_that_collects_owes_each_seller_her_share", f"{BOOKKEEPING}::test_a_transfer_to_the_seller_from_the_first_dong_to_the_last",
           f"{PAYOUTS}::test_a_settlement_from_sale_to_confirmation"),
    "I9": (f"{HOOK}::test_a_hundred_copies_at_once_pay_once", f"{HOOK}::test_without_the_one_key_a_copy_would_be_stored_twice",
           "tests/carriers/test_carriers.py::test_a_hundred_copies_at_once_are_stored_and_applied_once", "tests/carriers/test_carriers.py::test_a_forged_word_moves_nothing",
           "tests/banking/test_decisions.py::test_told_by_webhook_and_by_statement_counts_once", NO_CARDS),
    "I10": (f"{CHECKOUT}::test_the_same_attempt_twice_is_one_order", f"{CHECKOUT}::test_an_attempt_cannot_be_used_for_something_else",
            f"{PLACING}::test_the_same_attempt_with_other_input_is_refused", f"{RACE}::test_one_attempt_from_two_carts_at_once_is_one_order"),
    "I11": (f"{PLACING}::test_every_order_has_its_message_in_the_same_transaction", "tests/faults/test_kill.py::test_a_worker_killed_at_any_point_loses_and_repeats_nothing",
            f"{RELAY}::test_two_workers_share_the_work_without_doing_it_twice"),
    "I12": (f"{WALK}::test_nobody_else_reaches_what_is_somebodys", f"{WALK}::test_nothing_of_somebody_else_hangs_on_what_is_ones_own",
            f"{WALK}::test_whose_it_is_does_reach_it", f"{APART}::test_a_query_without_where_finds_only_her_rows",
            f"{APART}::test_without_the_policy_the_forgetful_query_finds_everything", f"{APART}::test_every_table_that_hangs_on_a_seller_is_protected"),
    "I13": (f"{FAULTS}::test_orders_that_were_acknowledged_survive_kill_9", f"{FAULTS}::test_a_full_disk_stores_nothing_and_says_come_back",
            "Power cuts and failover need machines of their own; SQLite commits with FULL, and the guide asks PostgreSQL for a synchronous standby."),
    "I14": (f"{ACCOUNT}::test_a_deleted_person_is_nowhere_and_her_orders_lose_the_link", KEYS_IN_BACKUPS),
    "I15": (f"{BACKUP}::test_a_backup_under_load_comes_back_whole_and_proved",
            f"{BACKUP}::test_a_lost_picture_and_a_wrong_master_key_are_said_after_a_restore"),

    "T01": (f"{SIGN_IN}::test_the_cookie_is_private_and_the_table_holds_only_its_digest", f"{SIGN_IN}::test_a_copied_cookie_dies_with_sign_out",
            f"{SIGN_IN}::test_a_copied_cookie_dies_with_the_password_and_with_the_account"),
    "T02": (f"{SIGN_IN}::test_over_https_the_cookie_is_bound_to_the_host", "tests/ordering/test_cart_pages.py::test_over_https_the_cookie_is_secure"),
    "T03": (f"{SIGN_IN}::test_signing_in_anew_ends_the_sign_in_before", f"{ACCOUNT}::test_proving_again_is_limited_and_gives_a_new_token",
            f"{SIGN_IN}::test_with_a_second_factor_the_password_alone_opens_nothing", f"{SWITCHING}::test_two_people_go_on_as_each_other_by_one_tap_and_the_trail_says_who"),
    "T04": (f"{PEOPLE}::test_lifetimes_are_those_of_the_threat_model", f"{SIGN_IN}::test_a_sign_in_ends_when_it_is_not_used_and_at_last_in_any_case"),
    "T05": (f"{PAYOUT_PAGES}::test_money_acts_ask_for_a_fresh_sign_in", f"{ACCOUNT}::test_contact_changes_freshly_proved_and_never_to_somebody_elses", f"{STALL}::test_the_bank_account_changes_after_a_fresh_sign_in_only",
            f"{DESK}::test_a_bank_account_is_changed_only_freshly_proved", f"{ACCOUNT}::test_devices_are_listed_and_ended_one_by_one_and_all"),
    "T06": (f"{SETTINGS}::test_production_refuses_to_start_without_keys_or_https", f"{SETTINGS}::test_embedded_makes_its_own_keys_once_and_only_for_itself",
            f"{GUARDS}::test_forms_rendered_under_the_key_before_are_still_taken"),
    "T07": (f"{HOUSE}::test_posts_without_a_token_are_the_ones_we_know", f"{HOUSE}::test_views_that_take_posts_without_a_token_are_the_ones_we_know",
            f"{HOUSE}::test_a_signed_in_post_without_a_token_changes_nothing", f"{HOUSE}::test_other_sites_cannot_post",
            f"{GUARDS}::test_an_origin_that_is_not_ours_is_refused_however_it_is_written", f"{HOUSE}::test_no_view_reads_json"),
    "T08": (f"{HOSTILE}::test_secrets_that_are_not_ascii_are_only_wrong", "tests/buying/test_rules.py::test_no_made_up_pass_opens_anything"),
    "T09": (f"{HEADERS}::test_every_answer_carries_the_policy", f"{HOUSE}::test_templates_keep_the_content_policy",
            "tests/browser/test_pages.py::test_the_page_is_sound"),
    "T10": (f"{HEADERS}::test_answers_of_every_status_and_files_carry_them", f"{HEADERS}::test_every_wrong_method_names_the_right_ones",
            f"{BUY}::test_after_ordering_everything_is_on_the_page", f"{KEPT}::test_pages_of_somebody_are_private"),
    "T11": (f"{PEOPLE}::test_ways_out_of_the_shop_are_not", f"{PEOPLE}::test_a_path_never_leads_to_another_host",
            f"{SIGN_IN}::test_after_signing_in_she_comes_back_where_she_was_and_never_elsewhere"),
    "T12": (f"{HEADERS}::test_other_host_names_are_refused", f"{HEADERS}::test_what_a_proxy_says_counts_only_where_a_proxy_is_known",
            "tests/web/test_components.py::test_canonical_links_are_built_from_the_configured_address"),
    "T13": (f"{PEOPLE}::test_hashing_is_as_heavy_as_decided_and_four_at_a_time", f"{SIGN_IN}::test_an_old_hash_is_made_anew_at_sign_in"),
    "T14": (f"{PEOPLE}::test_each_kind_has_its_least_length", f"{PEOPLE}::test_what_is_guessed_first_is_refused",
            f"{PEOPLE}::test_a_password_may_have_256_bytes_and_any_letters", f"{PEOPLE}::test_a_password_is_right_composed_or_decomposed_and_only_then"),
    "T15": (f"{SIGN_IN}::test_sixteen_guesses_at_once_count_sixteen", f"{SIGN_IN}::test_strangers_cannot_lock_the_owner_out_of_a_device_she_used",
            f"{SIGN_IN}::test_after_a_hundred_failures_an_unknown_device_needs_a_link"),
    "T16": ("tests/kiosk/test_kiosk.py::test_fifty_wrong_codes_an_hour_over_all_machines_end_the_guessing",
            "tests/kiosk/test_kiosk.py::test_one_code_at_two_machines_at_once_is_one_job", f"{LIMITS}::test_two_processes_share_one_count", f"{LIMITS}::test_without_its_redis_a_process_limits_alone_and_does_not_wait",
            f"{LIMITS}::test_guesses_at_two_servers_are_refused_together"),
    "T17": (f"{SIGN_IN}::test_asking_for_a_link_answers_the_same_for_everybody", f"{SIGN_IN}::test_a_mailed_link_sets_a_password_once_and_signs_nobody_in",
            f"{SIGN_IN}::test_a_mailed_link_runs_out_after_thirty_minutes", f"{SIGN_IN}::test_a_code_that_was_read_out_signs_in_once_within_twenty_minutes",
            f"{SIGN_IN}::test_a_read_out_code_does_not_skip_the_second_factor", "Thirty minutes, not ASVS's ten: mail to a village is slower than a code."),
    "T18": (f"{DESK}::test_a_public_shop_asks_for_the_second_factor_first", f"{STALL}::test_a_password_is_not_enough_to_say_where_the_money_goes",
            f"{STALL}::test_a_second_factor_opens_it_once_it_is_a_day_old", f"{PASSKEYS}::test_a_key_of_yesterday_is_more_than_a_password_and_one_of_today_is_not",
            f"{PASSKEYS}::test_an_answer_that_is_not_right_opens_nothing", f"{PASSKEYS}::test_what_was_signed_counts_once_soon_in_its_browser_and_for_its_purpose"),
    "T19": (f"{PEOPLE}::test_a_code_is_taken_with_spaces_and_one_step_of_drift_and_not_twice", f"{PEOPLE}::test_codes_equal_those_of_rfc_6238_appendix_b"),
    "T20": (f"{SIGN_IN}::test_with_a_second_factor_the_password_alone_opens_nothing", f"{ACCOUNT}::test_the_second_factor_is_turned_on_by_its_first_code_and_shows_ten_codes_once"),
    "T21": (f"{SIGN_IN}::test_a_new_device_is_told_to_its_owner_and_a_known_one_is_not", f"{ACCOUNT}::test_a_new_second_factor_is_told_to_its_owner",
            f"{MAILS}::test_a_change_of_address_is_told_at_the_old_one", f"{MAILS}::test_a_changed_bank_account_is_told_to_the_stall_and_the_operator",
            "tests/sellers/test_sellers.py::test_people_are_warned_for_a_day_after_a_change",
            f"{PAYOUTS}::test_a_changed_account_stops_the_payout_until_it_is_approved_and_two_days_old"),
    "T22": (f"{HOUSE}::test_every_view_declares_a_known_guard", f"{HOUSE}::test_reading_and_writing_are_separate_views",
            f"{HOUSE}::test_a_stranger_is_turned_away_from_everything_personal", f"{UNITS}::test_a_view_without_a_guard_or_with_an_unknown_one_answers_nobody"),
    "T23": (f"{WALK}::test_nobody_else_reaches_what_is_somebodys", f"{APART}::test_a_forgetful_page_of_a_stall_shows_only_hers_and_leaks_nothing_to_the_next",
            f"{APART}::test_she_cannot_change_what_is_anothers", f"{APART}::test_she_cannot_store_rows_for_another",
            f"{APART}::test_the_shop_works_as_a_role_that_owns_nothing", f"{APART}::test_the_doctor_warns_of_a_role_above_the_policies",
            "Drafts of goods are readable below the queries: a rule on reading would keep the search from its indexes."),
    "T24": (f"{KEPT}::test_pages_of_somebody_are_private", f"{FILES}::test_another_stalls_picture_does_not_exist", f"{MAILS}::test_no_secret_travels_through_the_outbox",
            "Only pages that are the same for everybody are kept; files are named by content; messages carry ids that handlers look up anew."),
    "T25": ("tests/sellers/test_sellers.py::test_an_edit_changes_allowed_fields_only_and_can_be_taken_back", f"{STALL}::test_a_stall_says_what_it_likes_but_not_what_was_checked",
            f"{HOUSE}::test_no_view_reads_json"),
    "T26": (f"{STALL}::test_a_helper_who_was_sent_away_is_out_with_an_open_browser", f"{DESK}::test_a_dismissed_officer_is_out_with_her_next_page",
            "tests/organisations/test_permissions.py::test_a_dismissal_and_a_closed_unit_end_rights_at_once",
            f"{WALK}::test_no_role_of_another_unit_sees_a_member_and_nobody_below_her_branch_does",
            "tests/sellers/test_helping.py::test_without_leave_that_holds_no_address_of_the_stall_is_there",
            "tests/sellers/test_helping.py::test_each_right_opens_what_it_names_and_nothing_else"),
    "T27": ("tests/organisations/test_reordering.py::test_one_person_alone_changes_nothing",
            "tests/organisations/test_permissions.py::test_money_going_out_takes_two_different_hands",
            f"{PAYOUTS}::test_two_people_pay_and_the_database_stands_behind_it", f"{PAYOUTS}::test_whoever_approved_a_changed_account_does_not_send_either"),
    "T28": (f"{HOUSE}::test_sql_is_put_together_from_constants_only", "tests/listings/test_search.py::test_no_search_breaks_the_shop"),
    "T29": (f"{HOSTILE}::test_nul_in_any_field_of_a_visitor_never_breaks_a_page", f"{WALK}::test_numbers_that_no_row_can_have_are_not_found",
            f"{CHECKOUT}::test_wrong_input_of_every_kind_is_answered_and_stores_nothing", f"{CHECKOUT}::test_broken_bodies_are_answered",
            "tests/web/test_forms.py::test_no_text_breaks_the_readers"),
    "T30": (f"{FEEDS}::test_strange_messages_are_unreadable_and_nothing_worse", f"{HOSTILE}::test_nested_json_and_other_bodies_are_only_empty_forms", f"{HOUSE}::test_no_view_reads_json"),
    "T31": (f"{HOSTILE}::test_forms_are_bounded_before_anything_reads_them", f"{HOSTILE}::test_a_photo_page_takes_no_larger_form_without_a_photo",
            f"{GOODS}::test_a_photo_too_heavy_is_said_beside_the_field_and_a_film_is_413", f"{GOODS}::test_long_texts_fit_and_endless_ones_are_413",
            "tests/banking/test_statements.py::test_archives_that_unpack_to_too_much_are_refused",
            "100 parts, not 50: a new product with every allergen ticked sends some sixty."),
    "T32": (f"{PICTURES}::test_what_is_not_a_good_photo_is_refused", f"{PICTURES}::test_place_author_and_comment_are_gone_from_every_file",
            f"{PICTURES}::test_an_animation_is_refused", f"{PICTURES}::test_a_hole_in_a_reader_is_held_by_the_limits_of_the_process",
            "tests/media/test_rules.py::test_too_many_pixels_are_refused_with_the_numbers"),
    "T33": (f"{FILES}::test_files_are_served_for_ever_without_cookie_or_script", f"{FILES}::test_nothing_else_is_served_from_there"),
    "T34": ("Only pictures are taken in, and each is drawn anew by a process with little memory: what hid in the file is gone, so nothing is scanned.",
            f"{PICTURES}::test_what_hangs_behind_a_photo_is_dropped"),
    "T35": (f"{FILES}::test_a_stall_keeps_so_many_pictures_and_no_more", f"{GOODS}::test_a_product_shows_twelve_photos_and_no_more"),
    "T36": ("tests/web/test_tables.py::test_what_a_spreadsheet_that_divides_at_semicolons_would_count_stays_text", "tests/organising/test_members.py::test_a_list_is_stored_as_a_whole_or_not_at_all", f"{ACCOUNT}::test_a_person_gets_all_that_is_kept_about_her"),
    "T37": (f"{HOUSE}::test_only_mail_pictures_counters_and_gateways_reach_other_machines", "tests/fulfilment/test_rules.py::test_links_that_lead_elsewhere_are_refused"),
    "T38": (f"{MAILS}::test_no_line_of_a_name_becomes_a_header", f"{MAILS}::test_a_subject_is_one_line_whatever_stands_in_a_name"),
    "T39": (f"{HOUSE}::test_templates_keep_the_content_policy", f"{GOODS}::test_strange_names_are_stored_clean",
            "tests/web/test_components.py::test_a_hostile_query_stays_inside_its_attribute"),
    "T40": ("tests/ordering/test_states.py::test_a_part_goes_only_where_the_decisions_say", f"{MOVES}::test_of_two_who_move_at_once_the_second_is_told_so",
            f"{RACE}::test_cancel_and_hand_over_at_once_move_the_stock_once"),
    "T41": ("tests/ordering/test_drafts.py::test_a_private_link_is_made_again_from_its_nonce_and_has_192_bits", f"{BUY}::test_the_private_link_opens_the_order_again_and_again_without_the_address",
            f"{BUY}::test_a_link_runs_out_ninety_days_after_all_is_settled", f"{BUY}::test_the_pass_of_one_order_does_not_open_another",
            "tests/selling/test_refunds.py::test_the_link_alone_changes_no_account", "tests/selling/test_refunds.py::test_tries_with_wrong_phones_are_counted",
            f"{TRACK}::test_every_wrong_pair_gets_the_same_answer", f"{TRACK}::test_guessing_one_code_is_slowed_down_from_everywhere"),
    "T42": (f"{FEEDS}::test_a_forged_sepay_message_is_not_genuine", f"{FEEDS}::test_the_body_is_what_is_signed_to_the_byte",
            f"{FEEDS}::test_five_minutes_either_way_and_no_longer", f"{HOOK}::test_a_copy_after_a_year_is_refused_or_counts_nothing",
            f"{HOOK}::test_strange_headers_are_refused", "tests/banking/test_decisions.py::test_another_currency_is_asked_with_the_dong_that_came", NO_CARDS),
    "T43": (f"{FEEDS}::test_sepay_by_key_alone", "tests/banking/test_rules.py::test_money_that_may_be_told_twice_is_never_counted_by_itself",
            "tests/banking/test_decisions.py::test_what_services_told_and_the_statement_does_not_is_shown"),
    "T44": ("tests/payments/test_memo.py::test_a_fresh_memo_is_found_whole_and_reads_in_groups", "tests/payments/test_memo.py::test_one_wrong_character_is_noticed",
            f"{PLACING}::test_the_code_can_be_read_aloud_and_nothing_in_it_counts"),
    "T45": (f"{PLACING}::test_who_and_where_is_sealed_and_only_ward_and_province_stay_readable", f"{PLACING}::test_an_order_is_found_by_code_and_the_last_four_digits_together",
            "tests/payments/test_refunds.py::test_an_account_is_sealed_and_goes_with_the_orders_contact",
            "tests/selling/test_refunds.py::test_the_bank_does_not_say_where_it_goes_in_any_mail_in_full",
            f"{PAY}::test_the_account_number_is_opened_only_for_the_page", f"{ACCOUNT}::test_a_deleted_person_is_nowhere_and_her_orders_lose_the_link"),
    "T46": (f"{GUARDS}::test_a_fault_on_a_private_page_keeps_its_token_out_of_the_log", f"{GUARDS}::test_a_line_of_the_log_has_fields_of_a_short_list_only",
            f"{LIMITS}::test_the_table_does_not_say_who_tried"),
    "T47": ("tests/organisations/test_actions.py::test_the_audit_trail_cannot_be_changed", "tests/organisations/test_actions.py::test_an_act_that_fails_leaves_no_line",
            "tests/operations/test_every_act_is_written.py::test_every_act_at_the_desk_and_in_an_account_leaves_its_line",
            "tests/operations/test_commands.py::test_commands_and_pages_leave_the_same_lines"),
    "T48": (f"{HEADERS}::test_answers_of_every_status_and_files_carry_them", f"{UNITS}::test_when_the_database_is_away_pages_close_and_say_come_back",
            f"{UNITS}::test_what_a_failed_unit_of_work_did_is_gone", f"{UNITS}::test_a_view_without_a_guard_or_with_an_unknown_one_answers_nobody",
            f"{LIMITS}::test_tries_before_the_store_broke_still_count"),
    "T49": (f"{HEADERS}::test_what_is_not_public_is_not_served", f"{HEADERS}::test_a_wrong_method_says_which_are_right",
            "tests/listings/test_pages.py::test_search_engines_are_told_where_to_look", f"{COMMANDS}::test_the_server_opens_no_second_door_and_knows_no_debugging"),
    "T50": (f"{HOUSE}::test_every_dependency_is_pinned_by_version_and_hash",
            "Advisories change by the calendar, so `make audit` asks for them apart from the tests; the lock files are the bill of materials."),
    "T51": (f"{MAILS}::test_starttls_looks_at_the_certificate", f"{COMMANDS}::test_the_doctor_warns_of_open_lines_to_other_machines",
            "Browsers' TLS ends at the proxy, which the guide asks for."),
    "T52": (f"{COMMANDS}::test_the_server_opens_no_second_door_and_knows_no_debugging",),
    "T53": (f"{BACKUP}::test_what_is_sealed_opens_again_with_its_key_and_no_other", f"{BACKUP}::test_a_touched_short_or_rearranged_file_opens_nowhere",
            f"{BACKUP}::test_what_is_not_right_is_one_sentence_and_puts_nothing_back"),
    "T54": (f"{UNITS}::test_postgresql_gives_up_on_what_takes_too_long", f"{UNITS}::test_a_deadlock_or_a_conflict_is_tried_again_and_then_given_up",
            f"{UNITS}::test_a_lock_that_another_holds_ends_in_503_and_stores_nothing"),
}  # fmt: skip
