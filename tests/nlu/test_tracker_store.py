from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.tracker_store import ExpiringTrackerStore

DOMAIN = Domain.from_yaml(
    'version: "3.1"\nslots:\n  dialogue:\n    type: any\n    influence_conversation: false\n    mappings:\n    - type: custom\n'
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def spoken(sender: str, *texts: str) -> DialogueStateTracker:
    tracker = DialogueStateTracker.from_events(sender, [], DOMAIN.slots)
    for number, text in enumerate(texts):
        tracker.update(UserUttered(text))
        tracker.update(SlotSet("dialogue", {"number": number}))
    return tracker


async def test_what_was_saved_is_found_again_with_its_slots() -> None:
    store = ExpiringTrackerStore(DOMAIN)
    await store.save(spoken("a", "一", "二"))
    found = await store.retrieve("a")
    assert found is not None
    assert found.latest_message.text == "二"
    assert found.get_slot("dialogue") == {"number": 1}
    assert isinstance(found.slots["dialogue"], AnySlot)


async def test_a_conversation_ends_by_itself() -> None:
    clock = Clock()
    store = ExpiringTrackerStore(DOMAIN, minutes=1, clock=clock)
    await store.save(spoken("a", "一"))
    clock.now = 61
    assert await store.retrieve("a") is None
    assert list(await store.keys()) == []


async def test_each_message_lengthens_it() -> None:
    clock = Clock()
    store = ExpiringTrackerStore(DOMAIN, minutes=1, clock=clock)
    for second in (0, 40, 80):
        clock.now = second
        await store.save(spoken("a", "一"))
    assert await store.retrieve("a") is not None


async def test_only_so_many_conversations_are_kept_the_oldest_go_first() -> None:
    store = ExpiringTrackerStore(DOMAIN, conversations=2)
    for sender in "abc":
        await store.save(spoken(sender, "一"))
    assert await store.retrieve("a") is None
    assert await store.retrieve("c") is not None


async def test_only_the_last_turns_are_kept_and_slots_survive() -> None:
    store = ExpiringTrackerStore(DOMAIN, turns=2)
    await store.save(spoken("a", *"一二三四五"))
    found = await store.retrieve("a")
    assert found is not None
    assert [e.text for e in found.events if isinstance(e, UserUttered)] == ["四", "五"]
    assert found.get_slot("dialogue") == {"number": 4}


async def test_a_conversation_is_forgotten_on_request() -> None:
    store = ExpiringTrackerStore(DOMAIN)
    await store.save(spoken("a", "一"))
    await store.delete("a")
    assert await store.retrieve("a") is None


async def test_changing_what_was_retrieved_does_not_change_what_is_kept() -> None:
    store = ExpiringTrackerStore(DOMAIN)
    await store.save(spoken("a", "一"))
    first = await store.retrieve("a")
    assert first is not None
    first.update(UserUttered("二"))
    second = await store.retrieve("a")
    assert second is not None
    assert second.latest_message.text == "一"
