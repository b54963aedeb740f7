"""What the demo posts say. In the voice of the trade, with variables, within every platform's limits."""

from dataclasses import dataclass

from apps.channels.enums import ContentKind


@dataclass(frozen=True)
class Text:
    title: str
    body: str
    kind: str = ContentKind.TEXT
    link_title: str = ""
    link_url: str = ""


MORNING = Text(
    "早安 + 当日特价",
    "早上好，{{ group.name }}的朋友们！今天是{{ post.date }}{{ post.weekday }}。\n"
    "今日特价：云南蓝莓 125g 9.9 元，下午五点前下单，当天送到。想要的接龙。",
)
EVENING = Text(
    "晚间互动",
    "晚上好！今天的话题：你家冰箱里常备的三样东西是什么？\n晒图的朋友，明早抽 3 位送酸奶券。——{{ group.leader_name }}",
)
BARGAIN = Text(
    "今日爆品",
    '## 今日爆品\n**山东烟台苹果** 5 斤装 <font color="warning">19.9 元</font>\n> 现在在群里接龙，{{ post.time }} 起按顺序发货',
    kind=ContentKind.MARKDOWN,
)
TASTING = Text(
    "新品试吃",
    "新品试吃报名：手作青团，限 20 份，先到先得。\n在群里回复“试吃 + 姓名”，明天门店自取。",
)
COUPON = Text(
    "午间领券",
    "午间福利来啦，满 59 减 10，今天有效。",
    kind=ContentKind.LINK,
    link_title="午间券：满 59 减 10",
    link_url="https://shop.example.com/coupons/noon",
)
RULES = Text(
    "群规提醒",
    "{{ group.name }}小提醒：不发广告，互相尊重，有问题 @管理员。本群还有 {{ group.free_seats }} 个名额，欢迎拉同好进群。",
)
LOTTERY = Text(
    "周末抽奖",
    "周末抽奖：今晚八点，从今天发过言的朋友里抽 5 位送水果礼盒。名单晚上公布。",
)
LESSON = Text(
    "打卡提醒",
    "今天的打卡开始了：读 20 页书，拍一张书页发群里。连续 21 天的同学有结业证书。",
)
BIRTHDAY = Text(
    "会员日预告",
    "本周五是会员日：全场双倍积分，会员另享九折。提前把想买的放进购物车吧。",
)
FLASH = Text(
    "快闪倒计时",
    "快闪倒计时：今天 21:00 结束，余量不多。想要的现在接龙，结束后统一发货。",
)
POSTER = Text("今日海报", "今日主推，看图。", kind=ContentKind.IMAGE)

DAILY = (MORNING, EVENING, BARGAIN, TASTING, COUPON, RULES, LOTTERY, LESSON, BIRTHDAY, FLASH)
