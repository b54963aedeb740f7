"""Two people at once, with real connections."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from apps.accounts.models import Approval
from apps.channels.models import Delivery
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.services import approve_post, posts, recall_post, write_post
from apps.content_calendar.services.submission import fingerprint
from apps.core.errors import DomainError
from tests.content_calendar.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _roles(transactional_db):
    """A flushed database has lost the shipped roles."""
    from community_ops.roles import sync_roles

    sync_roles()


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run each call in its own thread and connection; returns results or the errors raised, in order."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i, call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_approving_twice_at_once_makes_one_set_of_targets(make_post, submit, approver, architect):
    post = submit(make_post())
    results = at_once(
        *(lambda who=who: approve_post(post=post, actor=who, now=NOW) for who in (approver, architect) * 2)
    )
    assert sum(isinstance(r, Post) for r in results) == 1
    assert all(isinstance(r, Post | DomainError) for r in results), results
    assert PostTarget.objects.count() == Delivery.objects.count() == 3


def test_an_edit_and_an_approval_at_once_never_schedule_unseen_text(
    make_post, submit, approver, editor, groups
):
    """Either the approval wins and the edit is refused, or the recall wins and there is nothing to approve."""
    post = submit(make_post(body="原文"))

    def recall_and_edit() -> Post:
        with transaction.atomic():
            back = recall_post(post=post, actor=editor, now=NOW).post
            return write_post(post=back, values={"body": "换掉"}, groups=groups, actor=editor, now=NOW)

    at_once(lambda: approve_post(post=post, actor=approver, now=NOW), recall_and_edit)
    post.refresh_from_db()
    live = Delivery.objects.exclude(state="cancelled")
    if post.state == "scheduled":
        assert {d.content["text"] for d in live} == {"原文"}
    else:
        assert (post.state, post.body, live.count()) == ("draft", "换掉", 0)


@pytest.mark.parametrize("is_locked", [True, False])
def test_an_edit_under_way_holds_a_submission_back(make_post, submit, editor, groups, monkeypatch, is_locked):
    """With the row lock the request is for the text as edited. The control without it loses the submission:
    the writer puts back the state that it had read."""
    post = make_post(body="原文")
    writing = threading.Event()

    def slow(*args) -> None:
        writing.set()
        time.sleep(0.3)

    monkeypatch.setattr(posts, "_check_scope", slow)
    if not is_locked:
        monkeypatch.setattr(posts, "lock_post", lambda p: Post.objects.get(pk=p.pk))

    def submit_meanwhile() -> Post:
        assert writing.wait(timeout=10)
        return submit(post)

    at_once(
        lambda: write_post(post=post, values={"body": "改过"}, groups=groups, actor=editor, now=NOW),
        submit_meanwhile,
    )
    post.refresh_from_db()
    agreed = post.state == "submitted" and fingerprint(post) == Approval.objects.get().fingerprint
    assert agreed is is_locked
