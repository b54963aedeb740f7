"""The chains of a subject: from being seen to what it is for."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.analytics.diagnosis.weakest import Chain, Link
from apps.analytics.enums import ReviewKind
from apps.analytics.selectors.review_sums import Sums


def chains_of(kind: str, own: Sums, peers: Sequence[Sums], *, member_worth: float) -> list[Chain]:
    """Chains of a review of ``kind``. ``member_worth`` is what a member brings, in yuan; 0 for not known.

    Campaigns and runs: 打开 → 发起 → 成功 (→ 付款), and 打开 → 发起 → 参与 → 新人.
    Groups and months: 在群 → 活跃 → 付款 → 订单, and 进群 → 留下.
    """

    def link(key: str, label: str, above: str, below: str, *, is_share: bool = True) -> Link:
        pairs = tuple((peer.get(above, 0.0), peer.get(below, 0.0)) for peer in peers)
        return Link(key, label, own.get(above, 0.0), own.get(below, 0.0), pairs, is_share)

    if kind in {ReviewKind.CAMPAIGN, ReviewKind.RUN}:
        enter = link("enter", _("打开 → 发起"), "entered", "viewed")
        finish = link("finish", _("发起 → 成功"), "succeeded", "entered")
        deal = [enter, finish]
        end, last = _("成功"), "succeeded"
        if any(one.get("buyers") for one in (own, *peers)):
            deal.append(link("pay", _("成功 → 付款"), "buyers", "succeeded", is_share=False))
            end, last = _("付款"), "buyers"
        chains = [Chain("deal", _("成交"), end, tuple(deal), _each(own, peers, "revenue", last))]
        if any(one.get("contributed") for one in (own, *peers)):
            bring = (
                enter,
                link("help", _("发起 → 带来参与"), "contributed", "entered", is_share=False),
                link("new", _("参与 → 新人"), "new_members", "contributed"),
            )
            chains.append(Chain("refer", _("裂变"), _("新成员"), bring, member_worth))
        return chains
    keep = (
        link("act", _("在群 → 活跃"), "active", "in_group"),
        link("buy", _("活跃 → 付款"), "buyers", "active"),
        link("often", _("付款 → 订单数"), "orders", "buyers", is_share=False),
    )
    chains = [Chain("deal", _("成交"), _("订单"), keep, _each(own, peers, "revenue", "orders"))]
    if any(one.get("joined") for one in (own, *peers)):
        stay = (link("stay", _("进群 → 留下"), "stayed", "joined"),)
        chains.append(Chain("acquire", _("引流"), _("留下的成员"), stay, member_worth))
    return chains


def _each(own: Sums, peers: Sequence[Sums], value: str, count: str) -> float:
    """Yuan for each; from the comparable ones together where there was none of our own."""
    if own.get(count):
        return max(own.get(value, 0.0) / own[count], 0.0)
    total = sum(peer.get(count, 0.0) for peer in peers)
    return max(sum(peer.get(value, 0.0) for peer in peers) / total, 0.0) if total else 0.0
