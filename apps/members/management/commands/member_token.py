"""``manage.py member_token PHONE``: a token for trying the members' API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.phones import canonical_phone
from apps.members.models import Member
from apps.members.services.sessions import open_session


class Command(BaseCommand):
    help = "Open a trial session for the member with this phone and print its token; it ends by itself and is audited."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="in any spelling, e.g. 138 0013 8000")

    def handle(self, *_args: Any, phone: str, **_options: Any) -> None:
        try:
            member = Member.objects.filter(phone=canonical_phone(phone)).first()
            if member is None:
                raise CommandError(f"No member has the phone {phone}.")
            token = open_session(member=member, now=database_now(), label="member_token", is_trial=True)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(token)
