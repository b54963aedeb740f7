"""Words that must not, or had better not, go into a group (PLAYBOOK §6). Pure: text in, findings out."""

import re
import unicodedata

# 13800138000, 138 0013 8000, 138-0013-8000, +86 138…; not inside a longer number such as an order's.
_MOBILE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\d])", re.ASCII)

# Advertising Law of the PRC, article 9(3): no 国家级, 最高级, 最佳 and the like. Ordinary words that merely
# contain 最 or 第一 are let through.
_ABSOLUTE = re.compile(
    r"最(?!近|后|晚|早|终|初|多|少|迟|长|短|小|大化)[\u4e00-\u9fff]?"
    r"|(?:全国|全网|全球|世界|国内|行业|销量|排名|品质)?第一(?![次步天周期章节件单时个位场轮条批季课站名]|反应|手)"
    r"|国家级|世界级|宇宙级|顶级|极品|极致|独一无二|绝无仅有|史无前例|万能|绝对|永久|百分之百|100%"
    r"|全网(?:最低|首发|独家)|史上|唯一|首选|王牌|冠军|领导品牌|特供|专供|驰名商标|包治|根治|稳赚|零风险"
)

# WeChat's rules on external links: rewarding or forcing a share is 诱导分享.
_COERCION = re.compile(
    r"不转(?:发)?不是|必转|转发保平安|是.{1,6}就转|集(?:满)?\d*个?赞"
    r"|(?:转发|分享)(?:到|至|本|此|这)?[^，。！？；\n]{0,12}?(?:后|才|就|即可|即|可以?|能)[^，。！？；\n]{0,6}?(?:领|得|获|抽|送|返|解锁|看)"
    r"|(?:转发|分享)(?:到|至)?(?:\d+|[一二两三四五六七八九十]+)?个?(?:朋友圈|群|好友)[^，。！？；\n]{0,10}?(?:领|得|获|抽|送|返|解锁)"
)


def phone_numbers_in(text: str) -> list[str]:
    """Mainland mobile numbers in ``text``, masked; full-width digits are understood."""
    plain = unicodedata.normalize("NFKC", text)
    found = []
    for match in _MOBILE.finditer(plain):
        digits = re.sub(r"\D", "", match[0])[-11:]
        found.append(f"{digits[:3]}****{digits[-4:]}")
    return list(dict.fromkeys(found))


def absolute_words_in(text: str) -> list[str]:
    """Superlatives that the Advertising Law forbids, as they stand in ``text``."""
    return list(dict.fromkeys(match[0] for match in _ABSOLUTE.finditer(text)))


def coercion_phrases_in(text: str) -> list[str]:
    """Phrases that force or reward sharing."""
    return list(dict.fromkeys(match[0] for match in _COERCION.finditer(text)))
