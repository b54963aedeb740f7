"""Groups: people join, leave and check in."""

from django.utils.translation import gettext_lazy as _

from apps.events.enums import EventKind
from apps.events.schemas.base import Family, Field, Need, Schema, Type

FAMILY = Family(
    "groups",
    _("社群"),
    (
        Schema(
            EventKind.GROUP_JOINED,
            _("成员进了群。从外面来请用成员文件，那样在群名单也会更新。"),
            member=Need.MUST,
            group=Need.MUST,
            data=(
                Field("source", Type.TEXT, _("import：来自文件")),
                Field("job", Type.NUMBER, _("导入任务编号")),
            ),
        ),
        Schema(
            EventKind.GROUP_LEFT,
            _("成员离开了群。"),
            member=Need.MUST,
            group=Need.MUST,
            data=(Field("undo_of_import", Type.NUMBER, _("撤销了哪个导入任务")),),
        ),
        Schema(
            EventKind.GROUP_CHECKED_IN,
            _("成员在群里打了卡。"),
            member=Need.MUST,
            group=Need.MUST,
            data=(Field("topic", Type.TEXT, _("打卡的主题")),),
            is_outside=True,
        ),
    ),
)
