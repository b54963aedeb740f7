"""What the groups room brings to the files of members and orders: 所在社群 and 来源社群."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.events.enums import EventKind
from apps.groups.enums import MembershipRole, MembershipSource
from apps.groups.models import Group
from apps.imports.enums import Level, Outcome
from apps.imports.services import columns as parse
from apps.imports.services.running import IS_WRITTEN, Batch, Run, UndoRun
from apps.imports.services.targets import Column, Message, Step, extend_target


class MembershipStep(Step):
    """Puts members into the group that their row names."""

    name = "memberships"
    order = 60
    columns = ("group_name",)
    tables = ("groups_membership",)

    def prepare(self, run: Run) -> None:
        """Lock the file's groups, as late as possible and in one order, and start from true counts."""
        run.execute(
            f"SELECT count(*) FROM (SELECT g.id FROM groups_group g WHERE {_named(run)}"
            " ORDER BY g.id FOR NO KEY UPDATE) locked"
        )
        run.execute(
            "UPDATE groups_group g SET member_count = s.total FROM (SELECT g.id,"
            "   (SELECT count(*) FROM groups_membership m WHERE m.group_id = g.id AND m.left_at IS NULL) AS total"
            f"   FROM groups_group g WHERE {_named(run)}) s WHERE s.id = g.id AND g.member_count <> s.total"
        )

    def write(self, run: Run, batch: Batch) -> None:
        """Add stays up to each group's capacity, with their facts and the teams that may see the member."""
        room = (
            f"FROM {run.rows} r JOIN groups_group g ON g.name = r.group_name{_scope(run.actor)}"
            f" WHERE {batch.written}"
        )
        away = (
            "EXISTS (SELECT 1 FROM groups_membership p WHERE p.group_id = g.id AND p.member_id = r.target_id"
            " AND p.left_at >= coalesce(r.joined_at, %(now)s))"
        )
        absent = (
            "NOT EXISTS (SELECT 1 FROM groups_membership p WHERE p.group_id = g.id"
            " AND p.member_id = r.target_id AND p.left_at IS NULL)"
        )
        ranked = (
            f"SELECT r.row_no, r.carrier, r.outcome, r.target_id, g.id AS group_id, g.team_id, g.name,"
            " coalesce(r.joined_at, %(now)s) AS joined_at,"
            " row_number() OVER (PARTITION BY g.id ORDER BY r.row_no) > g.capacity - g.member_count AS is_over"
            f" {room} AND {absent} AND NOT {away}"
        )
        values = {
            "now": run.now,
            "job": run.job_id,
            "actor": run.actor.pk if run.actor else None,
            "role": MembershipRole.MEMBER,
            "source": MembershipSource.IMPORT,
            "kind": EventKind.GROUP_JOINED,
        }
        run.note("group_name.left", f"SELECT r.row_no, g.name {room} AND {absent} AND {away}", values)
        run.note("group_name.full", f"SELECT s.row_no, s.name FROM ({ranked}) s WHERE s.is_over", values)
        run.execute(
            f"""
            WITH want AS MATERIALIZED (SELECT * FROM ({ranked}) s WHERE NOT s.is_over),
            added AS (
              INSERT INTO groups_membership
                (group_id, member_id, role, source, joined_at, created_at, updated_at)
              SELECT group_id, target_id, %(role)s, %(source)s, joined_at, %(now)s, %(now)s FROM want
              ON CONFLICT (group_id, member_id) WHERE left_at IS NULL DO NOTHING
              RETURNING id, group_id, member_id, joined_at),
            facts AS (
              INSERT INTO events_event
                (occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, data)
              SELECT a.joined_at, %(kind)s, 'group.joined:' || a.id, g.team_id, %(actor)s, a.group_id,
                a.member_id, 'groups.membership:' || a.id,
                jsonb_build_object('source', 'import', 'job', %(job)s::bigint)
              FROM added a JOIN groups_group g ON g.id = a.group_id
              ON CONFLICT DO NOTHING),
            teams AS (
              INSERT INTO members_memberteam (member_id, team_id)
              SELECT DISTINCT target_id, team_id FROM want WHERE team_id IS NOT NULL
              ON CONFLICT DO NOTHING),
            counted AS (
              UPDATE groups_group g SET member_count = g.member_count + s.total
              FROM (SELECT group_id, count(*) AS total FROM added GROUP BY 1) s WHERE s.group_id = g.id),
            known AS (
              SELECT added.id, want.carrier FROM added JOIN want
                ON want.target_id = added.member_id AND want.group_id = added.group_id
              WHERE want.outcome <> {Outcome.CREATED.value}),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id)
              SELECT DISTINCT %(job)s::bigint, 'groups.membership', id FROM known)
            UPDATE {run.rows} r SET outcome = {Outcome.UPDATED.value} FROM known
            WHERE r.row_no = known.carrier AND r.outcome = {Outcome.UNCHANGED.value}
            """,
            values,
        )

    def finish(self, run: Run) -> None:
        run.note(
            "group_name.unknown",
            f"SELECT r.row_no, r.group_name FROM {run.rows} r WHERE r.group_name IS NOT NULL"
            f" AND {IS_WRITTEN} AND NOT EXISTS"
            f" (SELECT 1 FROM groups_group g WHERE g.name = r.group_name{_scope(run.actor)})",
        )

    def touched(self, run: UndoRun) -> None:
        run.keep(
            "members.member",
            "group_name.moved",
            "SELECT p.member_id FROM groups_membership p WHERE (p.member_id IN"
            f" ({run.journaled('members.member', created=True)}) AND p.created_at <> %(stamp)s)"
            f" OR ((p.member_id IN ({run.journaled('members.member', created=True)})"
            f"      OR p.id IN ({run.journaled('groups.membership')})) AND p.updated_at <> %(stamp)s)",
            {"stamp": run.stamp},
        )

    def undo(self, run: UndoRun) -> None:
        """Delete the stays. Facts are never deleted: each join is balanced by a leave."""
        run.execute(
            f"""
            WITH gone AS (
              DELETE FROM groups_membership p
              WHERE p.member_id IN ({run.journaled("members.member", created=True)})
                OR (p.id IN ({run.journaled("groups.membership")}) AND NOT EXISTS (SELECT 1 FROM import_kept k
                    WHERE k.label = 'members.member' AND k.object_id = p.member_id))
              RETURNING p.id, p.group_id, p.member_id),
            facts AS (
              INSERT INTO events_event
                (occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, data)
              SELECT %(now)s, %(kind)s, 'group.left:' || p.id, g.team_id, %(actor)s, p.group_id, p.member_id,
                'groups.membership:' || p.id, jsonb_build_object('undo_of_import', %(job)s::bigint)
              FROM gone p JOIN groups_group g ON g.id = p.group_id
              ON CONFLICT DO NOTHING),
            counted AS (
              UPDATE groups_group g SET member_count = greatest(0, g.member_count - s.total)
              FROM (SELECT group_id, count(*) AS total FROM gone GROUP BY 1) s WHERE s.group_id = g.id)
            DELETE FROM members_memberteam t USING gone
            WHERE t.member_id = gone.member_id AND NOT t.is_granted AND NOT EXISTS (
              SELECT 1 FROM groups_membership m JOIN groups_group g ON g.id = m.group_id
              WHERE m.member_id = t.member_id AND g.team_id = t.team_id
                AND m.id NOT IN (SELECT id FROM gone))
            """,
            {
                "now": run.now,
                "kind": EventKind.GROUP_LEFT,
                "job": run.job_id,
                "actor": run.actor.pk if run.actor else None,
            },
        )


def _named(run: Run) -> str:
    return (
        f"g.name IN (SELECT r.group_name FROM {run.rows} r WHERE r.group_name IS NOT NULL"
        f" AND r.outcome <> {Outcome.REJECTED.value})"
    )


def _scope(actor: User | None) -> str:
    """SQL that leaves only groups which ``actor`` may see (S1)."""
    if actor is None or actor.has_perm(Group.objects.all().view_all_permission):
        return ""
    teams = [str(int(pk)) for pk in actor.teams.values_list("pk", flat=True)]
    return f" AND g.team_id IN ({', '.join(teams)})" if teams else " AND false"


extend_target(
    "members",
    columns=(
        Column(
            key="group_name",
            is_merged=False,
            label=_("所在社群"),
            aliases=("社群", "群名称", "群名", "所在群", "群聊", "group"),
            parse=parse.text(80),
            max_length=80,
            example=_("生鲜日销1群"),
        ),
    ),
    steps=(MembershipStep(),),
    messages={
        "group_name.unknown": Message(
            level=Level.WARNING,
            text=_("没有这个社群，或你看不到它；成员已导入，但没有入群。"),
            hint=_("请先导入或新建社群，再上传这份文件即可补上。"),
        ),
        "group_name.full": Message(
            level=Level.WARNING,
            text=_("群已满员；成员已导入，但没有入群。"),
            hint=_("请调大群容量或换一个群，再上传这份文件即可补上。"),
        ),
        "group_name.left": Message(
            level=Level.WARNING, text=_("系统里记着这位成员后来退了群，没有重新加入。")
        ),
    },
    kept_reasons={"group_name.moved": _("导入之后又进了群或退了群")},
)


class OrderGroupStep(Step):
    """Says which group an imported order came from; the order is then seen by the group's team."""

    name = "order groups"
    order = 60
    columns = ("order_group",)

    def write(self, run: Run, batch: Batch) -> None:
        run.execute(
            "UPDATE orders_order o SET group_id = g.id, team_id = g.team_id"
            f" FROM {run.rows} r JOIN groups_group g ON g.name = r.order_group{_scope(run.actor)}"
            f" WHERE {batch.where} AND r.outcome = {Outcome.CREATED.value} AND o.id = r.target_id"
        )

    def finish(self, run: Run) -> None:
        run.note(
            "order_group.unknown",
            f"SELECT r.row_no, r.order_group FROM {run.rows} r WHERE r.order_group IS NOT NULL"
            f" AND {IS_WRITTEN} AND NOT EXISTS"
            f" (SELECT 1 FROM groups_group g WHERE g.name = r.order_group{_scope(run.actor)})",
        )


extend_target(
    "orders",
    columns=(
        Column(
            key="order_group",
            label=_("来源社群"),
            aliases=("社群", "群名称", "来源群", "group"),
            parse=parse.text(80),
            max_length=80,
            example=_("福利社5群"),
        ),
    ),
    steps=(OrderGroupStep(),),
    messages={
        "order_group.unknown": Message(
            level=Level.WARNING,
            text=_("没有这个社群，或你看不到它；订单已导入，但不知道来自哪个群。"),
            hint=_("请先导入或新建社群，撤销后再导入这份文件。"),
        ),
    },
    kept_reasons={},
)
