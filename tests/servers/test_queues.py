"""Celery's queues on the real broker."""

import pytest

from community_ops.celery import app


@pytest.mark.parametrize("queue", ["default", "delivery", "imports"])
def test_a_message_reaches_its_own_queue_only(queue: str) -> None:
    names = sorted(app.amqp.queues)
    assert names == ["default", "delivery", "imports"]
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        for name in names:
            app.amqp.queues[name].bind(channel).declare()
            channel.queue_purge(name)
        with app.producer_or_acquire() as producer:
            app.send_task("nobody.serves.this", queue=queue, producer=producer)
        assert {name: channel.queue_purge(name) for name in names} == {
            name: int(name == queue) for name in names
        }
