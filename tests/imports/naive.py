"""An independent witness: the member file read one row at a time in plain Python, with no code of ours.

It knows the rules only from their description: which cells are wrong, that rows about one person are
merged with the last value holding, that an empty cell says nothing.
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Person:
    phone: str | None
    values: dict = field(default_factory=dict)
    tags: set = field(default_factory=set)
    groups: dict = field(default_factory=dict)
    wechats: set = field(default_factory=set)
    inviter: str | None = None


@dataclass
class World:
    people: dict[str, Person] = field(default_factory=dict)


def phone(text: str) -> str | None:
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", text))
    match = re.fullmatch(r"(?:\+86|86|0086)?(1[3-9][0-9]{9})", digits)
    return f"+86{match[1]}" if match else None


def day(text: str) -> date | None:
    try:
        return date(*map(int, re.match(r"(\d+)\D+(\d+)\D+(\d+)", text).groups()))
    except (ValueError, AttributeError):
        return None


def moment(text: str) -> datetime | None:
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M"):
        try:
            return datetime.strptime(text, shape).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    return None


def amount(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace("¥", "").replace(",", ""))
    except InvalidOperation:
        return None
    return value if value >= 0 else None


def read(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [row for row in rows if any(cell.strip() for cell in row.values())]


def run(world: World, path: Path, known_groups: set[str], now: datetime) -> dict[str, int]:
    """Import ``path`` into ``world`` and return the five counts."""
    rows = read(path)
    about: dict[str, list[dict[str, str]]] = {}
    rejected = 0
    by_wechat = {
        row["微信号"]: phone(row["手机号"]) for row in rows if row["微信号"] and phone(row["手机号"])
    }
    stored = {wechat: key for key, person in world.people.items() for wechat in person.wechats}
    for row in rows:
        number, wechat = phone(row["手机号"]), row["微信号"].strip()
        if (number is None and row["手机号"].strip()) or (number is None and not wechat):
            rejected += 1
        else:
            key = number or by_wechat.get(wechat) or stored.get(wechat) or f"wechat:{wechat}"
            about.setdefault(key, []).append(row)
    created = updated = unchanged = 0
    for key, mine in about.items():
        is_new = key not in world.people
        person = world.people.setdefault(key, Person(phone=key if key.startswith("+") else None))
        before = (dict(person.values), set(person.tags), set(person.groups), set(person.wechats))
        for row in mine:
            _take(person, row, known_groups, now)
        after = (person.values, person.tags, set(person.groups), person.wechats)
        if is_new:
            created += 1
        elif before != after:
            updated += 1
        else:
            unchanged += 1
        unchanged += len(mine) - 1
    for key, mine in about.items():
        asked = [phone(row["邀请人手机"]) for row in mine if phone(row["邀请人手机"])]
        if asked and asked[-1] in world.people and asked[-1] != key:
            # Every such person is new in these files; a later change would count as updated.
            world.people[key].inviter = asked[-1]
    return {
        "read": len(rows),
        "created": created,
        "updated": updated,
        "unchanged": unchanged,
        "rejected": rejected,
    }


def _take(person: Person, row: dict[str, str], known_groups: set[str], now: datetime) -> None:
    gender = {"男": "male", "M": "male", "女": "female", "F": "female"}.get(row["性别"])
    found = {
        "nickname": row["昵称"].strip(),
        "gender": gender,
        "born_on": day(row["生日"]),
        "city": row["城市"].strip(),
        "source": row["来源渠道"].strip(),
        "tier": row["会员等级"].strip(),
        "points": amount(row["积分"]),
        "total_spent": amount(row["累计消费"]),
        "joined_at": moment(row["入群时间"]),
        "note": row["备注"].strip(),
    }
    if found["joined_at"] and found["joined_at"] > now:
        found["joined_at"] = None
    person.values.update({name: value for name, value in found.items() if value not in (None, "")})
    person.tags |= {tag.strip() for tag in re.split(r"[;；,，、|]", row["标签"]) if tag.strip()}
    if row["所在社群"] in known_groups:
        person.groups.setdefault(row["所在社群"], found["joined_at"])
    if row["微信号"].strip():
        person.wechats.add(row["微信号"].strip())
