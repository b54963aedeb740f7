"""Codes by SMS: five tries, ten minutes, once, the newest only; limits hold; strangers learn nothing."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid
from apps.h5.models import PhoneCode
from apps.h5.services import phone_codes
from apps.h5.services.phone_codes import (
    LIFETIME,
    MOST_TRIES,
    TooOften,
    _pay_for_a_try,
    check_code,
    phone_hash_of,
    send_code,
    sender,
)
from tests.campaigns.factories import make_member
from tests.campaigns.guards import without_constraint
from tests.campaigns.together import together
from tests.h5.logged import last_code, wrong

PHONE = "13800138000"
E164 = "+8613800138000"


@pytest.fixture
def now(db):
    return database_now()


def send(caplog, now, phone=PHONE, ip="a" * 16):
    send_code(phone=phone, ip_hash=ip, now=now)
    return last_code(caplog)


def test_the_code_proves_the_phone_however_both_are_typed(caplog, now):
    code = send(caplog, now, " 138-0013 8000")
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert check_code(phone="+86 13800138000", code=f" {full_width[:3]} {full_width[3:]}", now=now) == E164


def test_a_code_works_once(caplog, now):
    code = send(caplog, now)
    check_code(phone=PHONE, code=code, now=now)
    with pytest.raises(Invalid):
        check_code(phone=PHONE, code=code, now=now)


def test_a_code_ends_after_ten_minutes(caplog, now):
    code = send(caplog, now)
    with pytest.raises(Invalid):
        check_code(phone=PHONE, code=code, now=now + LIFETIME)
    assert check_code(phone=PHONE, code=code, now=now + LIFETIME - timedelta(seconds=1)) == E164


def test_only_the_newest_code_counts(caplog, now):
    old = send(caplog, now)
    later = now + timedelta(seconds=61)
    new = send(caplog, later)
    if old != new:
        with pytest.raises(Invalid):
            check_code(phone=PHONE, code=old, now=later)
    assert check_code(phone=PHONE, code=new, now=later) == E164


def test_a_code_opens_no_other_phone(caplog, now):
    code = send(caplog, now)
    send(caplog, now, "13900139000")
    newer = last_code(caplog)
    if code != newer:
        with pytest.raises(Invalid):
            check_code(phone="13900139000", code=code, now=now)


def test_the_fifth_wrong_guess_kills_the_code(caplog, now):
    code = send(caplog, now)
    for _guess in range(MOST_TRIES):
        with pytest.raises(Invalid):
            check_code(phone=PHONE, code=wrong(code), now=now)
    with pytest.raises(Invalid):
        check_code(phone=PHONE, code=code, now=now)
    assert PhoneCode.objects.get().tries == MOST_TRIES


def test_four_wrong_guesses_do_not(caplog, now):
    code = send(caplog, now)
    for _guess in range(MOST_TRIES - 1):
        with pytest.raises(Invalid):
            check_code(phone=PHONE, code=wrong(code), now=now)
    assert check_code(phone=PHONE, code=code, now=now) == E164


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "12 34", "٣٣٣٣٣٣x", "\0" * 6, "1" * 5000]
)
def test_what_is_no_code_costs_no_try(caplog, now, typed):
    send(caplog, now)
    with pytest.raises(Invalid):
        check_code(phone=PHONE, code=typed, now=now)
    assert PhoneCode.objects.get().tries == 0


def test_every_refusal_says_the_same(caplog, now):
    """Wrong, used, expired, never sent: a guesser learns nothing from the words."""
    code = send(caplog, now)
    words = set()
    for phone, guess, at in [
        (PHONE, wrong(code), now),
        (PHONE, code, now + LIFETIME),
        ("13700137000", code, now),
    ]:
        with pytest.raises(Invalid) as refusal:
            check_code(phone=phone, code=guess, now=at)
        words.add(str(refusal.value))
    check_code(phone=PHONE, code=code, now=now)
    with pytest.raises(Invalid) as refusal:
        check_code(phone=PHONE, code=code, now=now)
    words.add(str(refusal.value))
    assert len(words) == 1


def test_a_known_phone_is_asked_as_an_unknown_one(caplog, now):
    """No enumeration: the same queries, and none about members."""
    statements = []

    def note(run, sql, params, many, context):
        statements.append(sql.split('"s1')[0])  # savepoints are numbered
        return run(sql, params, many, context)

    for phone in (make_member().phone, "+8613812345678"):
        with connection.execute_wrapper(note):
            send_code(phone=phone, ip_hash="", now=now)
    half = len(statements) // 2
    assert statements[:half] == statements[half:]
    assert not any("members_member" in sql for sql in statements)


def test_neither_phone_nor_code_is_stored(caplog, now):
    code = send(caplog, now)
    row = PhoneCode.objects.get()
    for digest in (row.phone_hash, row.code_hash):
        assert len(digest) == 64
        assert digest not in {sha256(text.encode()).hexdigest() for text in (code, PHONE, E164)}


def test_the_log_shows_the_code_and_a_masked_phone(caplog, now):
    send(caplog, now)
    assert E164 not in caplog.text
    assert "138****8000" in caplog.text


@pytest.mark.parametrize("phone", ["", "12345", "0571-88888888", "abc", "+1", "１３８"])
def test_what_is_no_mobile_is_refused(now, phone):
    with pytest.raises(Invalid):
        send_code(phone=phone, ip_hash="", now=now)
    assert not PhoneCode.objects.exists()


# --- limits


def test_a_phone_waits_a_minute(caplog, now):
    send(caplog, now)
    with pytest.raises(TooOften) as refusal:
        send(caplog, now + timedelta(seconds=59), ip="b" * 16)
    assert refusal.value.is_just_sent
    assert refusal.value.wait == 1
    send(caplog, now + timedelta(seconds=60), ip="b" * 16)


def test_a_phone_has_five_an_hour_and_ten_a_day_from_wherever(caplog, now):
    sent, at = 0, now
    for minute in range(24 * 60 - 1):
        at = now + timedelta(minutes=minute, seconds=minute)
        if at - now >= timedelta(days=1):
            break
        try:
            send_code(phone=PHONE, ip_hash=f"{minute:016x}", now=at)
        except TooOften:
            if minute > 200 and sent >= 10:
                break
        else:
            sent += 1
            if sent == 5:
                assert minute == 4
    assert sent == 10


def test_an_address_has_its_own_limit(caplog, now, settings):
    settings.SMS_LIMITS = {**settings.SMS_LIMITS, "ip": [(3, 3600)]}
    for number in range(3):
        send(caplog, now, f"1390000000{number}")
    with pytest.raises(TooOften):
        send(caplog, now, "13900000009")
    send(caplog, now, "13900000009", ip="b" * 16)
    send(caplog, now + timedelta(hours=1), "13900000008")


def test_a_day_has_a_limit_for_all(caplog, now, settings):
    settings.SMS_LIMITS = {**settings.SMS_LIMITS, "all": [(2, 86_400)]}
    send(caplog, now, "13900000001", ip="1" * 16)
    send(caplog, now, "13900000002", ip="2" * 16)
    with pytest.raises(TooOften):
        send(caplog, now, "13900000003", ip="3" * 16)


def test_old_rows_are_forgotten(caplog, now):
    send(caplog, now)
    send(caplog, now + timedelta(days=3), "13900139000")
    assert PhoneCode.objects.get().phone_hash == phone_hash_of("+8613900139000")


# --- who sends


def test_the_console_is_refused_in_production(caplog, now, settings):
    settings.PRODUCTION = True
    settings.SMS_CODE_ON_PAGE = True
    assert sender() is None
    with pytest.raises(DomainError) as refusal:
        send_code(phone=PHONE, ip_hash="", now=now)
    assert refusal.value.code == "not_configured"
    assert not PhoneCode.objects.exists()


def test_a_page_shows_the_code_only_where_settings_say_so(caplog, now, settings):
    assert send_code(phone=PHONE, ip_hash="", now=now).shown == ""
    settings.SMS_CODE_ON_PAGE = True
    sent = send_code(phone="13900139000", ip_hash="", now=now)
    assert sent.shown == last_code(caplog)
    assert sent.shown not in repr(sent)


# --- constraints and races


def test_the_table_itself_keeps_the_rules(caplog, now):
    send(caplog, now)
    row = PhoneCode.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneCode.objects.filter(pk=row.pk).update(tries=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneCode.objects.create(
            phone_hash=row.phone_hash, code_hash="x", sent_at=now, expires_at=now + LIFETIME
        )


def _read_then_write(phone_hash, now):
    """What ``_pay_for_a_try`` must not be."""
    row = PhoneCode.objects.filter(phone_hash=phone_hash, used_at__isnull=True, tries__lt=MOST_TRIES).first()
    if row is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01)")
    PhoneCode.objects.filter(pk=row.pk).update(tries=row.tries + 1)
    return row.pk, row.code_hash


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("pay", "is_guarded"), [(_pay_for_a_try, True), (_read_then_write, False)])
def test_of_forty_guesses_at_once_five_are_compared(caplog, pay, is_guarded):
    now = database_now()
    send(caplog, now)
    results = together([lambda: pay(phone_hash_of(E164), now)] * 40)
    compared = [result for result in results if result is not None]
    assert not [result for result in results if isinstance(result, Exception)]
    assert (len(compared) == MOST_TRIES) is is_guarded
    if not is_guarded:
        assert len(compared) > MOST_TRIES


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_a_code_at_once_one_is_in(caplog):
    now = database_now()
    code = send(caplog, now)
    results = together([lambda: check_code(phone=PHONE, code=code, now=now)] * 12)
    assert results.count(E164) == 1
    assert all(result == E164 or isinstance(result, Invalid) for result in results)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_of_many_who_ask_at_once_one_is_sent(monkeypatch, is_guarded):
    now = database_now()

    def ask():
        return send_code(phone=PHONE, ip_hash="a" * 16, now=now)

    if is_guarded:
        results = together([ask] * 12)
        assert sum(isinstance(result, TooOften) for result in results) == 11
        assert PhoneCode.objects.count() == 1
        return
    with without_constraint("h5_phonecode", "phone_code_newest_only"):
        monkeypatch.setattr(
            phone_codes, "_lock", lambda _names: connection.cursor().execute("SELECT pg_sleep(0)")
        )
        together([ask] * 12)
        assert PhoneCode.objects.count() > 1
