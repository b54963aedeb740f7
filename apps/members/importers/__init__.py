"""What the members room brings to the import engine: the target ``members``."""

from django.utils.translation import gettext_lazy as _

from apps.imports.enums import Level
from apps.imports.services.targets import Message, Rule, Target, register_target
from apps.members.importers.columns import COLUMNS
from apps.members.importers.identities import IdentityStep
from apps.members.importers.inviters import InviterStep
from apps.members.importers.profiles import ProfileStep
from apps.members.importers.tags import TagStep

MEMBERS = Target(
    key="members",
    label=_("成员"),
    permission="imports.add_importjob",
    model_label="members.member",
    identity="coalesce(r.phone, 'wechat:' || r.wechat)",
    late="r.phone IS NULL",
    needs=("phone", "wechat"),
    needs_text=_("没有指定手机号或微信号，认不出谁是谁。"),
    columns=COLUMNS,
    steps=(ProfileStep(), IdentityStep(), TagStep(), InviterStep()),
    rules=(
        Rule(
            code="member.nobody",
            condition="r.phone IS NULL AND r.wechat IS NULL AND coalesce(strpos(r.flags, ' phone! '), 0) = 0",
        ),
        Rule(
            code="tags.long",
            condition="EXISTS (SELECT 1 FROM unnest(r.tags) AS w(word) WHERE length(w.word) > 40)",
        ),
    ),
    messages={
        "member.nobody": Message(
            level=Level.REJECT, text=_("没有手机号，也没有微信号。"), hint=_("请至少填一个。")
        ),
        "member.hidden": Message(
            level=Level.REJECT,
            text=_("这位成员在其他团队的群里，你不能修改。"),
            hint=_("请让对方团队或社群架构师导入这一行。"),
        ),
        "tags.long": Message(level=Level.WARNING, text=_("有超过 40 字的标签，只保留了前 40 字。")),
        "wechat.taken": Message(
            level=Level.WARNING,
            text=_("微信号已属于另一位成员，没有改动。"),
            hint=_("请核对是不是同一个人。"),
        ),
        "inviter_phone.self": Message(level=Level.WARNING, text=_("邀请人是本人，没有记录。")),
        "inviter_phone.unknown": Message(
            level=Level.WARNING,
            text=_("邀请人不在成员里，没有记录。"),
            hint=_("先导入邀请人，再上传这份文件即可补上。"),
        ),
    },
    kept_reasons={
        "member.changed": _("导入之后资料或积分又有变动"),
        "member.tagged": _("导入之后又打了标签"),
        "member.identified": _("导入之后又绑定了平台账号"),
        "member.points": _("导入之后又有积分流水"),
        "member.linked": _("导入之后有了其他业务记录"),
        "member.inviter": _("导入之后成了别人的邀请人"),
    },
    done_url="admin:members_member_changelist",
)

register_target(MEMBERS)
