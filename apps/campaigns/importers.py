"""What campaigns bring to the import engine: the target ``codes``, which fills pools from any file."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.models import Benefit
from apps.campaigns.services.granting.pending import NO_STOCK
from apps.imports.enums import Level, Outcome
from apps.imports.services import columns as parse
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Column, Message, Rule, Step, Target, register_target


class CodeStep(Step):
    """Puts each row's code into the pool that its row names."""

    name = "codes"
    order = 10
    tables = ("campaigns_code",)

    def identify(self, run: Run) -> None:
        """Rows whose benefit is not there, or not the only one of its name, are rejected."""
        found = f"(SELECT count(*) FROM campaigns_benefit g WHERE {_pool(run.actor)} AND g.name = r.benefit)"
        named = f"SELECT r.row_no, r.benefit FROM {run.rows} r WHERE r.benefit IS NOT NULL"
        run.note("benefit.unknown", f"{named} AND {found} = 0")
        run.note("benefit.several", f"{named} AND {found} > 1")

    def write(self, run: Run, batch: Batch) -> None:
        """One statement: codes, journal, and what became of each row. A known code leaves its row unchanged."""
        run.execute(
            f"""
            WITH b AS MATERIALIZED (
              SELECT r.row_no, r.code, g.id AS benefit_id FROM {run.rows} r
              JOIN campaigns_benefit g ON g.name = r.benefit AND {_pool(run.actor)}
              WHERE {batch.where} AND r.outcome = {Outcome.PENDING.value}),
            made AS (
              INSERT INTO campaigns_code (benefit_id, value) SELECT benefit_id, code FROM b ORDER BY row_no
              ON CONFLICT (benefit_id, value) DO NOTHING RETURNING id, benefit_id, value),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id, before)
              SELECT %(job)s, 'campaigns.code', made.id, NULL FROM made ON CONFLICT DO NOTHING)
            UPDATE {run.rows} r SET target_id = coalesce(made.id, known.id),
              outcome = CASE WHEN made.id IS NOT NULL THEN {Outcome.CREATED.value}
                ELSE {Outcome.UNCHANGED.value} END
            FROM b LEFT JOIN made ON made.benefit_id = b.benefit_id AND made.value = b.code
            LEFT JOIN campaigns_code known ON known.benefit_id = b.benefit_id AND known.value = b.code
            WHERE r.row_no = b.row_no
            """,
            {"job": run.job_id},
        )

    def finish(self, run: Run) -> None:
        """Grants that failed for want of a code are pending again."""
        run.execute(
            "UPDATE campaigns_grant SET state = %(pending)s, reason = '', updated_at = %(now)s"
            " WHERE state = %(failed)s AND reason = %(reason)s AND benefit_id IN (SELECT c.benefit_id"
            "  FROM campaigns_code c WHERE c.id IN (SELECT x.object_id FROM imports_change x"
            "   WHERE x.job_id = %(job)s AND x.label = 'campaigns.code'))",
            {
                "pending": GrantState.PENDING.value,
                "failed": GrantState.FAILED.value,
                "reason": NO_STOCK,
                "now": run.now,
                "job": run.job_id,
            },
        )

    def touched(self, run: UndoRun) -> None:
        """A code that was given is seen: it stays."""
        made = run.journaled("campaigns.code", created=True)
        run.execute(
            "SELECT count(*) FROM (SELECT c.id FROM campaigns_code c"
            f" WHERE c.id IN ({made}) ORDER BY c.id FOR UPDATE) locked"
        )
        run.keep(
            "campaigns.code",
            "code.taken",
            f"SELECT c.id FROM campaigns_code c WHERE c.id IN ({made}) AND c.taken_at IS NOT NULL",
        )

    def undo(self, run: UndoRun) -> None:
        made = run.journaled("campaigns.code", created=True)
        run.execute(f"DELETE FROM campaigns_code WHERE id IN ({made})")


def _pool(actor: User | None) -> str:
    """SQL that leaves only pools ``g`` which ``actor`` may fill (S1)."""
    kind = f"g.kind = '{BenefitKind.CODE.value}'"
    if actor is None or actor.has_perm(Benefit.objects.all().view_all_permission):
        return kind
    teams = [str(int(pk)) for pk in actor.teams.values_list("pk", flat=True)]
    return f"{kind} AND g.team_id IN ({', '.join(teams)})" if teams else "false"


register_target(
    Target(
        key="codes",
        label=_("兑换码"),
        permission="campaigns.change_benefit",
        model_label="campaigns.code",
        identity="r.benefit || E'\\x1f' || r.code",
        needs=("code",),
        needs_text=_("没有指定哪一列是兑换码。"),
        columns=(
            Column(
                key="benefit",
                label=_("礼品"),
                aliases=("礼品名称", "码池", "benefit", "gift"),
                parse=parse.text(60),
                max_length=60,
                example=_("视频会员月卡"),
            ),
            Column(
                key="code",
                label=_("兑换码"),
                aliases=("码", "卡密", "券码", "激活码", "code"),
                parse=lambda x: x,
                valid=lambda v: f"length({v}) <= 120",
                invalid=_("兑换码超过 120 个字符。"),
                level=Level.REJECT,
                is_personal=True,
                example="AB12-CD34",
            ),
        ),
        steps=(CodeStep(),),
        rules=(
            Rule(code="benefit.empty", condition="r.benefit IS NULL"),
            Rule(
                code="code.empty", condition="r.code IS NULL AND coalesce(strpos(r.flags, ' code? '), 0) = 0"
            ),
        ),
        messages={
            "benefit.empty": Message(
                level=Level.REJECT, text=_("没有写礼品。"), hint=_("加一列“礼品”，填礼品的名称。")
            ),
            "benefit.unknown": Message(
                level=Level.REJECT,
                text=_("没有这个名称的兑换码礼品。"),
                hint=_("先建好礼品，或改成已有的名称。"),
            ),
            "benefit.several": Message(
                level=Level.REJECT, text=_("有几个礼品都叫这个名称。"), hint=_("先把它们改成不同的名称。")
            ),
            "code.empty": Message(
                level=Level.REJECT, text=_("没有兑换码。"), hint=_("请填上，或删掉这一行。")
            ),
        },
        kept_reasons={"code.taken": _("导入之后已经发给成员")},
    )
)
