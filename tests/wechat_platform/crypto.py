"""Signatures and the message cipher of the official-account platform.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html (signature) and
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Message_encryption_and_decryption_instructions.html
(msg_signature, AES-256-CBC, layout and padding of the plaintext).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import string
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # bytes; PKCS#7 pads to the length of the key, not to AES's 16
_RANDOM = 16
_LENGTH = 4
_PRINTABLE = (string.ascii_letters + string.digits).encode()
_KEY = re.compile(r"[A-Za-z0-9]{43}")


class CipherError(ValueError):
    """A ciphertext that the platform would not accept; the reason is worded for the person at the prompt."""


def signature(*parts: str) -> str:
    """SHA1 in hex over the given strings, sorted and joined: token, timestamp and nonce, and the ciphertext if any."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two signatures are equal."""
    return hmac.compare_digest(one.encode(), other.encode())


def decode_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes that an EncodingAESKey of 43 letters and digits stands for."""
    if not _KEY.fullmatch(encoding_aes_key):
        raise CipherError("EncodingAESKey 必须是 43 位英文或数字")
    return base64.b64decode(encoding_aes_key + "=")


class MessageCipher:
    """Encrypts what goes to one account and decrypts what comes back from it."""

    def __init__(self, encoding_aes_key: str, appid: str) -> None:
        self._key = decode_key(encoding_aes_key)
        self._appid = appid.encode()

    def encrypt(self, message: bytes, *, prefix: bytes | None = None) -> str:
        """Base64 of the encrypted 16 random bytes, length, message and appid; ``prefix`` fixes the random bytes."""
        head = prefix if prefix is not None else bytes(secrets.choice(_PRINTABLE) for _ in range(_RANDOM))
        if len(head) != _RANDOM:
            raise CipherError(f"开头的随机串必须是 {_RANDOM} 字节")
        plain = head + struct.pack("!I", len(message)) + message + self._appid
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._aes().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The message in a ciphertext; raises CipherError on any fault of encoding, padding, length or appid."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as fault:
            raise CipherError("密文不是 Base64 编码") from fault
        if not sealed or len(sealed) % _BLOCK:
            raise CipherError(f"密文长度不是 {_BLOCK} 的倍数，请按 {_BLOCK} 字节做 PKCS#7 补位")
        decryptor = self._aes().decryptor()
        plain = _unpadded(decryptor.update(sealed) + decryptor.finalize())
        return self._message(plain)

    def _message(self, plain: bytes) -> bytes:
        start = _RANDOM + _LENGTH
        if len(plain) < start:
            raise CipherError("解密后的内容过短，缺少随机串和长度")
        (length,) = struct.unpack("!I", plain[_RANDOM:start])
        if start + length > len(plain):
            raise CipherError("解密后的消息长度不对，请用 4 字节网络字节序写长度")
        appid = plain[start + length :]
        if appid != self._appid:
            raise CipherError(f"密文末尾的 AppID 不符（{appid!r}），请核对服务端配置的 AppID")
        return plain[start : start + length]

    def _aes(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def _unpadded(plain: bytes) -> bytes:
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise CipherError(f"解密失败，请核对 EncodingAESKey，并按 {_BLOCK} 字节做 PKCS#7 补位")
    return plain[:-padding]
