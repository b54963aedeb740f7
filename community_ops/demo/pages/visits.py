"""Who came to see the pages, by which link, how far they read, and what became of it."""

from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Protocol

from apps.accounts.models import User
from apps.campaigns.models import Entry, LandingVersion, Run, ShareLink
from apps.campaigns.selectors.landing import choose
from apps.campaigns.services.engine import Origin
from apps.campaigns.services.sharing import link_for
from apps.h5.services.beacons import Sight, record_beacon
from apps.h5.services.channel_links import make_channel_link
from apps.h5.services.clicks import count_click
from apps.h5.services.consents import TERMS_VERSION
from apps.h5.services.logging_in import log_in
from apps.h5.services.visits import touch
from apps.members.enums import LoginWay
from apps.members.models import Member
from community_ops.demo.campaigns.agenda import Agenda, moments
from community_ops.demo.pages.writing import COMPARED, publish_page, publish_rival

#: How many look without doing anything, where one page is compared with another and elsewhere.
_LOOKERS, _MORE_LOOKERS = 6, 45
_GROUPS = 3
#: How often a browser is still logged in when its member comes back.
_STAYS_IN = 0.7
_JUST_JOINED = timedelta(hours=6)
#: When the compared page's rival goes live.
_RIVAL_AFTER = timedelta(hours=20)


class Scene(Protocol):
    """What is needed of the stage."""

    agenda: Agenda
    now: datetime


class Audience:
    """Browsers of members and of people whom nobody knows; ``operator`` puts links into groups."""

    def __init__(self, operator: User) -> None:
        self.operator = operator
        self.dice = Random(20261122)  # noqa: S311 - sample data, not secrets
        self._numbers = count(1)
        self._links: dict[int, list[ShareLink]] = {}
        self._live: dict[int, list[LandingVersion]] = {}
        self._tokens: dict[int, str] = {}
        self._known: set[str] = set()

    def invite(self, scene: Scene, run: Run, at: datetime) -> None:
        """The run has opened: its page goes live, its links into groups and onto a poster; people will look."""
        campaign, operator = run.campaign, self.operator
        self._live[run.pk] = publish_page(campaign=campaign, actor=operator, now=at)
        groups = list(campaign.groups.order_by("pk")[:_GROUPS])
        self._links[run.pk] = [
            make_channel_link(run=run, channel=group.platform, group=group, actor=operator, now=at)
            for group in groups
        ]
        poster = make_channel_link(
            run=run,
            channel="poster",
            utm={"utm_source": "store", "utm_medium": "poster"},
            actor=operator,
            now=at,
        )
        self._links[run.pk].append(poster)
        is_compared = campaign.title == COMPARED
        lookers = _MORE_LOOKERS if is_compared else _LOOKERS
        for moment in moments(self.dice, lookers, at, scene.now - timedelta(minutes=6)):
            scene.agenda.at(moment, partial(self._look, run))
        if is_compared:
            scene.agenda.at(at + _RIVAL_AFTER, partial(self._rival, run))

    def comes(self, run: Run, member: Member, origin: Origin, at: datetime) -> str:
        """The member saw the run's page a moment ago and logged in; the browser's token, "" in a mini-program."""
        if not self._is_on_web(run, member):
            return ""
        seen = at - timedelta(seconds=self.dice.randrange(25, 150))
        token = self._token(member)
        self._see(run, token, self._link(run), origin, seen, is_keen=True)
        self._log_in(member, token, origin, at)
        return token

    def follows(self, entry: Entry, friend: Member, origin: Origin, at: datetime) -> str:
        """The friend opened the link that the entry's owner had sent; the browser's token, "" in a mini-program."""
        if not self._is_on_web(entry.run, friend):
            return ""
        token = self._token(friend)
        if friend.pk == entry.owner_id:
            return token
        link = link_for(
            run=entry.run,
            entry=entry,
            inviter_id=entry.owner_id,
            channel="share",
            utm={"utm_source": "member", "utm_medium": "share"},
            now=entry.opened_at,
        )
        seen = at - timedelta(seconds=self.dice.randrange(15, 90))
        if friend.joined_at and at - _JUST_JOINED < friend.joined_at and token not in self._known:
            # It was this link that made them join.
            seen = friend.joined_at - timedelta(seconds=self.dice.randrange(40, 150))
        count_click(link, member_id=friend.pk, now=seen)
        touch(token=token, run_id=entry.run_id, link=link, device_hash=origin.device_hash, now=seen)
        self._log_in(friend, token, origin, at)
        return token

    def _is_on_web(self, run: Run, member: Member) -> bool:
        """Half of them play in a mini-program, which leaves no visits here."""
        if run.pk not in self._links:
            return False
        return run.campaign.title == COMPARED or member.pk % 2 == 0

    def _look(self, run: Run, at: datetime) -> None:
        origin = Origin(ip_hash="", device_hash="")
        link = self._link(run) if self.dice.random() < 0.8 else None
        self._see(run, self._new_token(), link, origin, at, is_keen=False)

    def _rival(self, run: Run, at: datetime) -> None:
        (live,) = self._live[run.pk]
        self._live[run.pk] = publish_rival(campaign=run.campaign, live=live, actor=self.operator, now=at)

    def _see(
        self, run: Run, token: str, link: ShareLink | None, origin: Origin, at: datetime, *, is_keen: bool
    ) -> None:
        if link is not None:
            count_click(link, member_id=None, now=at)
        utm = {**link.utm} if link is not None else {}
        touch(token=token, run_id=run.pk, link=link, utm=utm, device_hash=origin.device_hash, now=at)
        version = choose(self._live[run.pk], token)
        if version is not None:
            record_beacon(
                token=token,
                member_id=None,
                version_id=version.pk,
                run_id=run.pk,
                sights=self._reading(version, is_keen=is_keen),
                now=at,
            )

    def _reading(self, version: LandingVersion, *, is_keen: bool) -> list[Sight]:
        """Down the page as far as interest goes, longer on some blocks; who means it taps the button."""
        ids = [block["id"] for block in version.blocks]
        reach = self.dice.randint(3, len(ids)) if is_keen else min(self.dice.randint(1, 9), len(ids))
        sights, clock = [], 300
        for place in ids[:reach]:
            stay = int(self.dice.lognormvariate(8.1, 0.6))
            sights += [Sight(place, "view", clock), Sight(place, "dwell", stay)]
            clock += stay
        actions = [block["id"] for block in version.blocks if block["kind"] == "action"]
        if is_keen or self.dice.random() < 0.12:
            sights.append(Sight(actions[0], "tap", clock))
        return sights

    def _log_in(self, member: Member, token: str, origin: Origin, at: datetime) -> None:
        """Most browsers keep their session, some lose it."""
        if not member.phone or (token in self._known and self.dice.random() < _STAYS_IN):
            return
        self._known.add(token)
        log_in(
            phone=member.phone,
            visitor_token=token,
            consent_version=TERMS_VERSION,
            source=LoginWay.PHONE_CODE,
            ip_hash=origin.ip_hash,
            now=at,
        )

    def _link(self, run: Run) -> ShareLink:
        return self.dice.choice(self._links[run.pk])

    def _token(self, member: Member) -> str:
        if member.pk not in self._tokens:
            self._tokens[member.pk] = self._new_token()
        return self._tokens[member.pk]

    def _new_token(self) -> str:
        return f"demo-browser-{next(self._numbers):012}"
