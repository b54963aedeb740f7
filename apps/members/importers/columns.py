"""The columns of a member file."""

from django.utils.translation import gettext_lazy as _

from apps.core.phones import canonical_mobile
from apps.imports.enums import Level
from apps.imports.services import columns as parse
from apps.imports.services.targets import Column
from apps.members.enums import Gender

_MOBILE = r"[ ']*(?:[+＋]?86|0086)?[ -]*[1１][3-9３-９][0-9０-９ -]{9,13}"

_GENDERS = {
    **dict.fromkeys(("男", "男性", "男士", "先生", "m", "male", "boy"), Gender.MALE.value),
    **dict.fromkeys(("女", "女性", "女士", "小姐", "f", "female", "girl"), Gender.FEMALE.value),
    **dict.fromkeys(("未知", "保密", "不详", "unknown", "u", "-"), Gender.UNKNOWN.value),
}

COLUMNS = (
    Column(
        key="nickname",
        label=_("昵称"),
        aliases=("姓名", "名字", "称呼", "群昵称", "客户昵称", "name", "nickname"),
        parse=parse.text(80),
        max_length=80,
        example=_("春梅"),
    ),
    Column(
        key="phone",
        label=_("手机号"),
        aliases=("手机", "手机号码", "电话", "联系电话", "联系方式", "mobile", "phone", "tel"),
        tidy=parse.tidy_phone,
        parse=parse.mainland_mobile,
        slow=canonical_mobile,
        unreadable=_("手机号不正确。请填 11 位大陆手机号，或带国家码的号码，如 +852…；固定电话不行。"),
        level=Level.REJECT,
        looks_like=_MOBILE,
        is_personal=True,
        example="138 0013 8000",
    ),
    Column(
        key="gender",
        label=_("性别"),
        aliases=("gender", "sex"),
        parse=parse.choice(_GENDERS),
        silent=Gender.UNKNOWN.value,
        unreadable=_("性别只认 男、女、M、F、未知；这一格没有导入。"),
        example=_("女"),
    ),
    Column(
        key="born_on",
        label=_("生日"),
        aliases=("出生日期", "出生年月日", "birthday", "birth date"),
        sql_type="date",
        tidy=parse.tidy_date,
        parse=parse.date,
        unreadable=_("日期不存在或认不出来；这一格没有导入。"),
        valid=lambda v: f"{v} >= DATE '1900-01-01' AND {v} <= (%(now)s)::date",
        invalid=_("生日在未来或早于 1900 年；这一格没有导入。"),
        example="1986-12-05",
    ),
    Column(
        key="city",
        label=_("城市"),
        aliases=("所在城市", "地区", "city"),
        parse=parse.text(40),
        max_length=40,
        example=_("杭州"),
    ),
    Column(
        key="source",
        label=_("来源渠道"),
        aliases=("来源", "渠道", "获客渠道", "source", "channel"),
        parse=parse.text(60),
        max_length=60,
        example=_("门店扫码"),
    ),
    Column(
        key="tags",
        is_merged=False,
        label=_("标签"),
        aliases=("客户标签", "tag", "tags"),
        sql_type="text[]",
        parse=parse.several,
        example=_("宝妈、KOC"),
    ),
    Column(
        key="tier",
        label=_("会员等级"),
        aliases=("等级", "会员级别", "tier", "level"),
        parse=parse.text(30),
        max_length=30,
        example=_("金卡"),
    ),
    Column(
        key="points",
        label=_("积分"),
        aliases=("当前积分", "积分余额", "points"),
        sql_type="integer",
        tidy=parse.tidy_number,
        parse=parse.number("integer"),
        unreadable=_("积分不是整数；这一格没有导入。"),
        valid=lambda v: f"{v} >= 0",
        invalid=_("积分不能为负；这一格没有导入。"),
        example="1,200",
    ),
    Column(
        key="total_spent",
        label=_("累计消费"),
        aliases=("消费金额", "累计消费金额", "消费总额", "total spent"),
        sql_type="numeric(12,2)",
        tidy=parse.tidy_number,
        parse=parse.number("numeric(12,2)"),
        unreadable=_("金额认不出来；这一格没有导入。"),
        valid=lambda v: f"{v} >= 0",
        invalid=_("累计消费不能为负；这一格没有导入。"),
        example="¥5,903.51",
    ),
    Column(
        key="joined_at",
        label=_("入群时间"),
        aliases=("加入时间", "入群日期", "进群时间", "joined at"),
        sql_type="timestamptz",
        tidy=parse.tidy_timestamp,
        parse=parse.timestamp,
        unreadable=_("时间认不出来；这一格没有导入。"),
        valid=lambda v: (
            f"{v} >= TIMESTAMPTZ '2000-01-01' AND {v} <= (%(now)s)::timestamptz + interval '1 day'"
        ),
        invalid=_("入群时间在未来或早于 2000 年；这一格没有导入。"),
        example="2026-01-05 15:16",
    ),
    Column(
        key="inviter_phone",
        label=_("邀请人手机"),
        aliases=("邀请人", "邀请人手机号", "推荐人", "推荐人手机", "介绍人", "inviter"),
        tidy=parse.tidy_phone,
        parse=parse.mainland_mobile,
        slow=canonical_mobile,
        unreadable=_("邀请人手机号不正确；没有记录邀请人。"),
        is_personal=True,
        example="13800138000",
    ),
    Column(
        key="wechat",
        is_merged=False,
        label=_("微信号"),
        aliases=("微信", "微信id", "wechat", "wxid"),
        parse=parse.text(120),
        max_length=120,
        looks_like=r"wxid_\w+",
        is_personal=True,
        example="wxid_abc123",
    ),
    Column(
        key="note",
        label=_("备注"),
        aliases=("说明", "note", "remark"),
        parse=parse.text(10_000),
        max_length=10_000,
        example=_("爱喝美式"),
    ),
)
