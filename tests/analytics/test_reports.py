"""Reports that go out by themselves: once per period, what the owner may see, letters and robots, and what is missed."""

import signal
import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.core import mail
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Notice, Team
from apps.analytics.enums import Rhythm
from apps.analytics.models import ReportIssue, ReportPlan
from apps.analytics.selectors.report_times import days_before, days_of, next_due
from apps.analytics.services import reporting
from apps.analytics.services.reporting import mail_reports, make_due_reports, save_plan, write_report
from apps.analytics.services.rolling import rebuild
from apps.channels.models import Channel, Delivery
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed
from tests.analytics.facts import at, fact, record_facts
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT

MONDAY = at("2026-03-09 08:00")


@pytest.fixture
def other(db):
    return Team.objects.create(name="华南组")


@pytest.fixture
def boss(make_user, team):
    user = make_user("boss", Role.GROUP_OPERATOR, team)
    user.email = "boss@example.com"
    user.save()
    return user


@pytest.fixture
def robot(team):
    return Channel.objects.create(name="日报机器人", driver="manual", team=team)


@pytest.fixture
def plan(boss, robot):
    made = ReportPlan(name="日报", metrics=["revenue", "average_order"], rhythm=Rhythm.DAILY, hour=9)
    return save_plan(plan=made, people=[boss], channels=[robot], actor=boss, now=MONDAY)


@pytest.fixture
def facts(team, other):
    record_facts(
        fact("order.paid", "2026-03-08 23:59:59.999", team=team, member_id=1, value=Decimal("12.50")),
        fact("order.paid", "2026-03-09 00:00", team=team, member_id=1, value=7),
        fact("order.paid", "2026-03-08 12:00", team=other, member_id=2, value=1000),
    )
    rebuild(now=MONDAY)


def plan_of(**values):
    return ReportPlan(**{"rhythm": Rhythm.DAILY, "hour": 9, "weekday": 0, "month_day": 1} | values)


@pytest.mark.parametrize(
    ("values", "after", "due", "days"),
    [
        ({}, "2026-03-09 08:59", "2026-03-09 09:00", ("2026-03-08", "2026-03-08")),
        ({}, "2026-03-09 09:00", "2026-03-10 09:00", ("2026-03-09", "2026-03-09")),
        ({"rhythm": "weekly"}, "2026-03-09 09:00", "2026-03-16 09:00", ("2026-03-09", "2026-03-15")),
        ({"rhythm": "monthly", "month_day": 3}, "2026-03-09 09:00", "2026-04-03 09:00", ("2026-03-01", "2026-03-31")),
        ({"rhythm": "monthly"}, "2026-12-31 10:00", "2027-01-01 09:00", ("2026-12-01", "2026-12-31")),
    ],
)  # fmt: skip
def test_when_reports_are_due_and_of_which_days(values, after, due, days):
    plan = plan_of(**values)
    found = next_due(plan, at(after))
    assert found == at(due)
    period = days_of(plan, found)
    assert (str(period.first), str(period.last)) == days
    assert days_before(plan, period).last < period.first or plan.rhythm == Rhythm.DAILY


def test_a_report_says_the_owners_figures_once_per_period(plan, facts, boss):
    due = at("2026-03-09 09:00")
    assert make_due_reports(now=at("2026-03-09 08:59")) == 0
    assert make_due_reports(now=due) == 1
    assert make_due_reports(now=due) == 0
    issue = ReportIssue.objects.get()
    assert "¥12.50" in issue.text
    assert "1,000" not in issue.text
    delivery = Delivery.objects.get()
    assert delivery.key == f"report:{issue.pk}:channel:{delivery.channel_id}"
    assert "¥12.50" in delivery.content["text"]
    assert "@" not in delivery.content["text"]
    assert mail_reports(now=due) == 1
    assert mail_reports(now=due) == 0
    (letter,) = mail.outbox
    assert (letter.to, letter.body) == ([boss.email], issue.text)
    assert ReportIssue.objects.get().state == "sent"
    ReportPlan.objects.update(next_at=due)  # two ticks with the same old look: the period's key holds
    make_due_reports(now=due)
    assert ReportIssue.objects.count() == Delivery.objects.count() == 1
    assert make_due_reports(now=at("2026-03-10 09:00")) == 1
    assert "¥7.00" in ReportIssue.objects.latest("due_at").text


def test_what_the_owner_may_see_is_asked_when_it_is_made(plan, facts, boss, other):
    boss.teams.set([other])
    assert "¥1,000.00" in write_report(plan, due_at=at("2026-03-09 09:00")).text
    assert Channel.objects.visible_to(boss).count() == 0
    make_due_reports(now=at("2026-03-09 09:00"))
    assert not Delivery.objects.exists()  # the robot is another team's now
    boss.groups.clear()
    assert make_due_reports(now=at("2026-03-10 09:00")) == 0
    assert ReportIssue.objects.latest("due_at").state == "missed"
    assert "看不了分析" in Notice.objects.latest("pk").text


def test_who_takes_a_report_over_does_not_read_the_old_ones(plan, facts, boss, team, make_user):
    make_due_reports(now=at("2026-03-09 09:00"))
    mail_reports(now=at("2026-03-09 09:00"))
    second = make_user("second", Role.GROUP_OPERATOR, team)
    assert ReportIssue.objects.visible_to(boss).exists()
    assert not ReportIssue.objects.visible_to(second).exists()
    save_plan(plan=plan, people=[boss], channels=[], actor=second, now=MONDAY)
    assert not ReportIssue.objects.visible_to(second).exists()
    assert "¥12.50" in ReportIssue.objects.visible_to(boss).get().text


def test_a_report_on_its_way_stays_its_owners_when_the_plan_is_taken_over(
    plan, facts, boss, other, make_user
):
    """S1: what the one before could see reaches those whom they chose, and not whoever takes the plan over."""
    make_due_reports(now=at("2026-03-09 09:00"))
    second = make_user("second", Role.GROUP_OPERATOR, other)
    second.email = "second@example.com"
    second.save()
    save_plan(plan=plan, people=[second], channels=[], actor=second, now=at("2026-03-09 09:00"))
    assert not ReportIssue.objects.visible_to(second).exists()
    assert mail_reports(now=at("2026-03-09 09:00")) == 1
    assert [letter.to for letter in mail.outbox] == [[boss.email]]
    make_due_reports(now=at("2026-03-10 09:00"))
    assert "¥12.50" not in ReportIssue.objects.visible_to(second).get().text


def test_after_an_outage_the_last_is_sent_and_the_others_are_told_as_missed(plan, facts):
    assert make_due_reports(now=at("2026-03-12 09:30")) == 1
    states = list(ReportIssue.objects.order_by("due_at").values_list("state", flat=True))
    assert states == ["missed", "missed", "missed", "made"]
    assert "错过了 3 次" in Notice.objects.get().text
    assert make_due_reports(now=at("2026-03-13 18:00")) == 0  # too late in the day to be news
    assert ReportIssue.objects.latest("due_at").state == "missed"
    plan.refresh_from_db()
    assert plan.next_at == at("2026-03-14 09:00")


def test_after_a_long_outage_the_one_that_is_due_goes_out_and_all_missed_are_counted(plan, facts):
    assert make_due_reports(now=at("2026-05-08 09:30")) == 1  # 61 days: more than are written down one by one
    assert ReportIssue.objects.latest("due_at").due_at == at("2026-05-08 09:00")
    assert ReportIssue.objects.latest("due_at").state == "made"
    assert ReportIssue.objects.filter(state="missed").count() == 40
    assert ReportIssue.objects.filter(state="missed").latest("due_at").due_at == at("2026-05-07 09:00")
    assert "错过了 60 次" in Notice.objects.get().text


def test_one_bad_address_neither_stops_nor_repeats_the_letters_of_others(
    plan, facts, boss, robot, make_user, team
):
    people = [boss]
    for number in range(4):
        person = make_user(f"p{number}", Role.GROUP_OPERATOR, team)
        person.email = f"p{number}@example.com"
        person.save()
        people.append(person)
    save_plan(plan=plan, people=people, channels=[robot], actor=boss, now=MONDAY)
    now = at("2026-03-09 09:00")
    make_due_reports(now=now)
    with mock.patch("django.core.mail.EmailMessage.send", autospec=True, side_effect=_refuses_p0):
        assert [mail_reports(now=now) for _tick in range(4)] == [4, 0, 0, 0]
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "boss@example.com", "p1@example.com", "p2@example.com", "p3@example.com",
    ]  # fmt: skip
    issue = ReportIssue.objects.get()
    assert issue.state == "failed"
    assert sorted(tries for tries, _at in issue.tries.values()) == [1, 1, 1, 1, 3]


def _refuses_p0(letter, fail_silently=False):
    if letter.to == ["p0@example.com"]:
        raise ConnectionRefusedError("nobody there")
    return mail.get_connection().send_messages([letter])


def test_a_letter_taken_late_is_not_lost_before_its_own_quarter_of_an_hour(plan, facts):
    """A try counts from when it was begun, not from when the report was made."""
    make_due_reports(now=at("2026-03-09 09:00"))
    begun = at("2026-03-09 10:00")
    person = str(plan.owner_id)
    ReportIssue.objects.update(mail={person: "sending"}, tries={person: [2, begun.isoformat()]})
    mail_reports(now=at("2026-03-09 10:14"))
    assert ReportIssue.objects.get().state == "made"
    mail_reports(now=at("2026-03-09 10:16"))
    assert ReportIssue.objects.get().state == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_between_sending_and_noting_sends_nobody_two_letters(
    plan, facts, boss, make_user, team
):
    second = make_user("second", Role.GROUP_OPERATOR, team)
    second.email = "second@example.com"
    second.save()
    save_plan(plan=plan, people=[boss, second], channels=[], actor=boss, now=MONDAY)
    make_due_reports(now=at("2026-03-09 09:00"))
    killed = subprocess.run(
        [sys.executable, "-m", "tests.analytics.runner", "mail"],
        cwd=ROOT,
        env=child_environment("http://127.0.0.1:9", FAILPOINT="report.sent"),
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    now = database_now()
    assert mail_reports(now=now) == 1  # the other one's; whoever may have it gets no second
    assert [letter.to for letter in mail.outbox] == [[second.email]]
    assert ReportIssue.objects.get().state == "made"
    assert mail_reports(now=now + timedelta(minutes=16)) == 0
    assert ReportIssue.objects.get().state == "failed"
    assert "不知道到没到" in Notice.objects.get().text


def test_a_letter_that_is_refused_is_tried_thrice_and_told(plan, facts, monkeypatch):
    def refused(_letter):
        raise ConnectionRefusedError("nobody there")

    now = at("2026-03-09 09:00")
    make_due_reports(now=now)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refused)
    for _try in range(4):
        assert mail_reports(now=now) == 0
    issue = ReportIssue.objects.get()
    assert (issue.state, issue.attempts) == ("failed", 3)
    assert "nobody there" in Notice.objects.get().text


def test_a_letter_in_a_dead_hand_is_not_sent_again(plan, facts):
    now = at("2026-03-09 09:00")
    make_due_reports(now=now)
    ReportIssue.objects.update(mail={str(plan.owner_id): "sending"})
    assert mail_reports(now=now) == 0
    assert ReportIssue.objects.get().state == "made"
    assert mail_reports(now=at("2026-03-09 09:16")) == 0
    assert ReportIssue.objects.get().state == "failed"
    assert mail.outbox == []


def test_recipients_and_robots_must_be_ones_own(boss, other, robot, make_user):
    foreign = Channel.objects.create(name="外面的", driver="manual", team=other)
    nameless = make_user("nomail", Role.GROUP_OPERATOR)

    def save(people=(), channels=(), **values):
        plan = ReportPlan(**{"name": "x", "metrics": ["revenue"]} | values)
        return save_plan(plan=plan, people=people, channels=channels, actor=boss, now=MONDAY)

    with pytest.raises(NotAllowed):
        save(channels=[foreign])
    with pytest.raises(NotAllowed):
        save(people=[boss], team=other)
    with pytest.raises(Invalid):
        save()
    with pytest.raises(Invalid):
        save(people=[nameless])
    with pytest.raises(Invalid):
        save(people=[boss], metrics=["nothing"])
    assert save(channels=[robot]).owner == boss


def test_it_is_set_up_and_previewed_in_the_admin(client, boss, robot, facts, make_user, team):
    client.force_login(boss)
    form = {
        "name": "周报", "metrics": ["revenue"], "rhythm": "weekly", "weekday": 0, "month_day": 1, "hour": 8,
        "people": [boss.pk], "channels": [robot.pk], "is_on": "on",
        "issues-TOTAL_FORMS": 0, "issues-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = client.post(reverse("admin:analytics_reportplan_add"), form)
    assert answer.status_code == 302, answer.context["errors"]
    plan = ReportPlan.objects.get()
    assert (plan.owner, list(plan.people.all()), list(plan.channels.all())) == (boss, [boss], [robot])
    assert client.get(reverse("admin:analytics_reportplan_change", args=[plan.pk])).status_code == 200
    assert client.get(reverse("admin:analytics_reportissue_changelist")).status_code == 200
    preview = reverse("admin:analytics_reportplan_preview", args=[plan.pk])
    assert "成交额" in client.get(preview).content.decode()
    assert not ReportIssue.objects.exists()
    client.force_login(make_user("till", Role.MEMBER_SERVICE, team))
    assert client.get(preview).status_code in {403, 404}


class Post(threading.Thread):
    """A post office for one letter: speaks enough SMTP to take it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.letter = b""

    def run(self):
        talk, _address = self.door.accept()
        with talk, talk.makefile("rb") as lines:
            talk.sendall(b"220 post\r\n")
            for line in lines:
                word = line.strip().upper()
                if word == b"DATA":
                    talk.sendall(b"354 go on\r\n")
                    while (piece := lines.readline()) != b".\r\n":
                        self.letter += piece
                talk.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return


def test_a_real_letter_by_smtp(plan, facts, settings):
    post = Post()
    post.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", post.door.getsockname()[1]
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    now = at("2026-03-09 09:00")
    make_due_reports(now=now)
    assert mail_reports(now=now) == 1
    post.join(5)
    post.door.close()
    assert b"To: boss@example.com" in post.letter
    assert f"<report-{ReportIssue.objects.get().pk}-".encode() in post.letter


def test_the_tick_writes_and_mails(plan, facts, monkeypatch):
    from apps.analytics import tasks

    monkeypatch.setattr(tasks, "database_now", lambda: at("2026-03-09 09:05"))
    assert tasks.make_reports() == 1
    assert len(mail.outbox) == 1
    assert isinstance(ReportIssue.objects.get().finished_at, datetime)
    assert reporting.make_due_reports(now=at("2026-03-09 09:06")) == 0
