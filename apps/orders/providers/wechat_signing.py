"""WeChat Pay APIv3's signatures and sealed notices (pay.weixin.qq.com/doc/v3/merchant/4012365342 and 4012365334)."""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.numbers import whole
from apps.orders.providers.base import BadNotice, Credentials

SCHEME = "WECHATPAY2-SHA256-RSA2048"
#: WeChat's own advice: refuse what is more than five minutes off.
WINDOW_SECONDS = 300


def sign(message: str, private_key_pem: str) -> str:
    """Base64 of the RSA signature. Raises ``Invalid`` if the key cannot be read."""
    return b64encode(_private_key(private_key_pem).sign(message.encode(), PKCS1v15(), SHA256())).decode()


def authorization(method: str, path: str, body: bytes, *, credentials: Credentials, now: datetime) -> str:
    """The ``Authorization`` header of a request; ``path`` begins with ``/`` and has the query."""
    stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    message = f"{method}\n{path}\n{stamp}\n{nonce}\n{body.decode()}\n"
    fields = {
        "mchid": credentials["mchid"],
        "nonce_str": nonce,
        "signature": sign(message, credentials["private_key"]),
        "timestamp": stamp,
        "serial_no": credentials["serial_no"],
    }
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())


def verify(headers: Mapping[str, str], body: bytes, *, credentials: Credentials, now: datetime) -> None:
    """Check that the platform signed ``body`` within the window. Raises ``BadNotice``."""
    stamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    at = whole(stamp, at_most=10**12)
    if at is None:
        raise BadNotice("no timestamp")
    if headers.get("wechatpay-serial", "") != credentials["public_key_id"]:
        raise BadNotice("signed with another key")
    try:
        signature = b64decode(headers.get("wechatpay-signature", ""), validate=True)
        message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        _public_key(credentials["public_key"]).verify(signature, message, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        raise BadNotice("wrong signature") from None
    if abs(now.timestamp() - at) > WINDOW_SECONDS:
        raise BadNotice("too old or from the future")


def open_resource(resource: Mapping[str, Any], *, credentials: Credentials) -> dict[str, Any]:
    """The JSON object that a notice carries sealed with the APIv3 key. Raises ``BadNotice``."""
    try:
        if resource["algorithm"] != "AEAD_AES_256_GCM":
            raise BadNotice("another algorithm")
        plain = AESGCM(credentials["api_v3_key"].encode()).decrypt(
            resource["nonce"].encode(),
            b64decode(resource["ciphertext"]),
            str(resource.get("associated_data") or "").encode(),
        )
        found = json.loads(plain)
    except (KeyError, TypeError, AttributeError, ValueError, InvalidTag) as error:
        raise BadNotice(f"cannot be opened: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise BadNotice("not an object")
    return found


@lru_cache(maxsize=4)
def _private_key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise Invalid(_("微信支付的商户私钥读不懂。"), hint=_("请放 apiclient_key.pem 的内容。"))
    return key


@lru_cache(maxsize=4)
def _public_key(pem: str) -> RSAPublicKey:
    """Of the platform's public key, or of its certificate where the merchant still has one."""
    try:
        if "BEGIN CERTIFICATE" in pem:
            key: Any = x509.load_pem_x509_certificate(pem.encode()).public_key()
        else:
            key = load_pem_public_key(pem.encode())
    except ValueError:
        key = None
    if not isinstance(key, RSAPublicKey):
        raise Invalid(_("微信支付的平台公钥读不懂。"), hint=_("请放 pub_key.pem 的内容。"))
    return key
