"""What the orders room shows on a member's page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.base import ScopedTabularInline
from apps.accounts.models import User
from apps.members.admin import panels
from apps.members.admin.panels import Fact
from apps.members.models import Member
from apps.orders.models import Order


class OrderInline(ScopedTabularInline):
    model = Order
    tab = True
    can_delete = False
    show_change_link = True
    fields = ["ordered_at", "title", "amount", "refund_amount", "state"]
    readonly_fields = fields
    ordering = ["-ordered_at"]
    verbose_name_plural = _("订单")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def order_facts(member: Member, user: User) -> list[Fact]:
    """How many orders the member has, for those who may see orders."""
    if not user.has_perm("orders.view_order"):
        return []
    total = Order.objects.visible_to(user).filter(member=member).count()
    link = f"{reverse('admin:orders_order_changelist')}?member__id__exact={member.pk}"
    return [Fact(_("订单"), f"{total:,}", link)]


panels.inlines.append(OrderInline)
panels.facts.append(order_facts)
