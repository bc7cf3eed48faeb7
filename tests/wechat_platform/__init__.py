"""A stand-in for the WeChat official-account platform: it enforces the documented public rules on a client under test.

It pushes signed messages to an account's address, serves the API that the account calls, and records what every
follower would see. It shares no code with the client, so that no misunderstanding can hide in both.
"""

from tests.wechat_platform.account import Account, AccountError, Mode, openid_of
from tests.wechat_platform.api import Api
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.crypto import CipherError, MessageCipher, signature
from tests.wechat_platform.errors import QUOTA_CODES, ApiError
from tests.wechat_platform.followers import Followers, Interaction
from tests.wechat_platform.messages import Composer, Message
from tests.wechat_platform.platform import Platform
from tests.wechat_platform.pusher import Attempt, Delivery, Outcome, Pusher, Verification
from tests.wechat_platform.record import ANSWERS, NOTICE, Call, Entry, Kind, Record
from tests.wechat_platform.replies import Reply, ReplyError, read_reply

__all__ = [
    "ANSWERS",
    "NOTICE",
    "QUOTA_CODES",
    "Account",
    "AccountError",
    "Api",
    "ApiError",
    "Attempt",
    "Call",
    "CipherError",
    "Clock",
    "Composer",
    "Delivery",
    "Entry",
    "Followers",
    "Interaction",
    "Kind",
    "Message",
    "MessageCipher",
    "Mode",
    "Outcome",
    "Platform",
    "Pusher",
    "Record",
    "Reply",
    "ReplyError",
    "Verification",
    "openid_of",
    "read_reply",
    "signature",
]
