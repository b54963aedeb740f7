"""The form of a group: the basics, then the positioning card 定位 in seven steps (PLAYBOOK §1)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

FIELDSETS: list[tuple[Any, dict[str, Any]]] = [
    (
        None,
        {
            "fields": [
                ("name", "kind"),
                ("platform", "stage"),
                ("team", "owner"),
                ("leader_name", "capacity"),
                ("channel", "channel_address"),
                ("timezone", "member_count"),
                "model",
            ]
        },
    ),
    (
        _("一 目标"),
        {
            "classes": ["tab"],
            "fields": ["positioning", "goal"],
            "description": _("只定一个核心目标，再拆成阶段目标。说不清目标的群，三个月后就是死群。"),
        },
    ),
    (
        _("二 周期"),
        {
            "classes": ["tab"],
            "fields": ["lifetime", ("starts_on", "ends_on")],
            "description": _("短期群达成目标就解散或转型；长期群要想好怎样换血。收场也是设计的一部分。"),
        },
    ),
    (
        _("三 人群"),
        {
            "classes": ["tab"],
            "fields": ["audience"],
            "description": _("标签越细，群越黏：年龄、性别、职业、城市、收入、兴趣，以及他们在哪里聚集。"),
        },
    ),
    (
        _("四 规则"),
        {
            "classes": ["tab"],
            "fields": ["admission", "rules"],
            "description": _("入群门槛、群规与分级处罚、淘汰和续期。规则写在前面，执行才有底气。"),
        },
    ),
    (
        _("五 内容"),
        {
            "classes": ["tab"],
            "fields": ["content_plan"],
            "description": _("内容的形式、调性和计划。一个群只讲一个主题。"),
        },
    ),
    (
        _("六 服务"),
        {
            "classes": ["tab"],
            "fields": ["service_plan"],
            "description": _("群里能得到什么帮助：答疑、提醒、专属客服、会员日。"),
        },
    ),
    (
        _("七 变现"),
        {
            "classes": ["tab"],
            "fields": ["monetisation"],
            "description": _("靠产品、内容还是服务收钱。先给价值，再谈成交。"),
        },
    ),
]
