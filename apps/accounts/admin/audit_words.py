"""What the audit's actions are called. A room that audits something new adds its word here; a test asks for it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "approval.approve": _("审批通过"),
    "approval.reject": _("审批退回"),
    "approval.request": _("提交审批"),
    "approval.withdraw": _("撤回审批"),
    "channel.activate": _("恢复通道"),
    "channel.create": _("新建通道"),
    "channel.change": _("修改通道"),
    "channel.disable": _("停用通道"),
    "channel.pause": _("暂停通道"),
    "channel.test": _("发送测试消息"),
    "delivery.cancel": _("取消投递"),
    "delivery.mark_sent": _("标记已发"),
    "delivery.move": _("改投递时间"),
    "delivery.resend": _("重发投递"),
    "demo.done": _("演示数据载入完成"),
    "demo.start": _("开始载入演示数据"),
    "grant.void": _("作废礼品"),
    "group.assign": _("分配社群"),
    "group.joined": _("添加群成员"),
    "group.left": _("移出群成员"),
    "group.stage": _("改社群阶段"),
    "import.cancel": _("取消导入"),
    "import.confirm": _("确认导入"),
    "import.download_errors": _("下载问题文件"),
    "import.download_original": _("下载导入原件"),
    "import.undo": _("撤销导入"),
    "import.upload": _("上传导入文件"),
    "material.upload": _("上传素材"),
    "member.adjust_points": _("调整积分"),
    "member.change": _("修改成员"),
    "member.close_sessions": _("撤销登录令牌"),
    "member.create": _("新建成员"),
    "member.export": _("导出成员"),
    "member.open_session": _("生成体验令牌"),
    "member.reveal": _("查看完整手机号"),
    "member.tag": _("打标签"),
    "order.cancel": _("取消订单"),
    "order.mark_paid": _("标记已付款"),
    "order.refund": _("申请退款"),
    "post.cancel": _("取消帖子"),
    "post.change": _("修改帖子"),
    "post.copy": _("复制帖子"),
    "post.create": _("新建帖子"),
    "post.move": _("改帖子时间"),
    "post.recall": _("撤回帖子"),
    "refund.confirm": _("确认已退款"),
    "refund.retry": _("重试退款"),
    "user.change": _("修改用户"),
    "user.create": _("新建用户"),
}


def word_for(action: str) -> str:
    """The action in words; an unknown one as it is stored."""
    return str(WORDS.get(action, action))
