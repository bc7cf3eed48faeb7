"""The REST channel's own checks; the whole way through a running Rasa is in tests/servers."""

import json
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from bot.nlu.rest_channel import Incoming, RequestRefused, answer, read_request


def body(**content: Any) -> bytes:
    return json.dumps({"sender": "s", "message": "居住证"} | content).encode()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[1]", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b" " * 300_000, 413),
        (body(sender=None), 400),
        (body(sender=""), 400),
        (body(sender="s" * 256), 400),
        (body(sender=7), 400),
        (body(message=None), 400),
        (body(message=["居住证"]), 400),
        (body(message="长" * 20_001), 413),
        (body(metadata="jingzhou"), 400),
    ],
)
def test_what_cannot_be_a_message_is_refused_with_a_reason(raw: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_request(raw)
    assert refused.value.status == status
    assert str(refused.value)


def test_a_message_of_ten_thousand_characters_is_taken_and_cut() -> None:
    assert len(read_request(body(message="长" * 10_000)).text) == 3000


def test_rasas_own_commands_are_not_for_citizens() -> None:
    assert read_request(body(message="/restart")).text == "／restart"
    assert read_request(body(message="  /request_human{}")).text.startswith("／")


def test_control_characters_and_lone_surrogates_are_blanks() -> None:
    assert read_request(b'{"sender": "s", "message": "\\u0000a\\ud800b"}').text == "a b"


def test_metadata_may_be_missing_or_null() -> None:
    assert read_request(body(metadata=None)).metadata == {}


async def test_a_message_without_words_is_answered_without_rasa() -> None:
    async def never(message: UserMessage) -> None:
        raise AssertionError

    replies = await answer(Incoming("s", "", {}), never)
    assert replies[0]["text"]
    assert replies[1]["custom"]["kind"] == "clarify"


@pytest.mark.parametrize(("text", "kind"), [("居住证要带什么", "handoff"), ("我家着火了快来人", "emergency")])
async def test_when_a_turn_fails_the_citizen_reads_a_polite_sentence_and_danger_is_still_answered(
    text: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(message: UserMessage) -> None:
        raise RuntimeError(message.text)

    replies = await answer(Incoming("s", text, {}), broken)
    assert replies[1]["custom"]["kind"] == kind
    assert "Error" not in replies[0]["text"]
    assert text not in caplog.text


async def test_a_silent_turn_is_answered_too() -> None:
    async def silent(message: UserMessage) -> None:
        return None

    assert (await answer(Incoming("s", "居住证", {}), silent))[0]["text"]


async def test_what_rasa_says_is_passed_on() -> None:
    async def speaking(message: UserMessage) -> None:
        await message.output_channel.send_text_message(message.sender_id, f"听到：{message.text}")

    replies = await answer(Incoming("s", "居住证", {"jurisdiction": "jilin"}), speaking)
    assert replies == [{"recipient_id": "s", "text": "听到：居住证"}]
