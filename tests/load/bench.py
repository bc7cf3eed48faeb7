"""``make bench``: this project and a stock Rasa project of the same data, side by side in one run.

Stock means unpatched Rasa with the pipeline its documentation recommends for Chinese: JiebaTokenizer, CountVectors of
words and of characters (char_wb, 1 to 4), DIET for 100 epochs, RulePolicy, in-memory tracker. Both use the same
domain, action server and training examples, of which stock Rasa gets every few only: DIET would need hours for all, and
answers hardly slower after more of them. Blocks of turns alternate between the two, so that a change in the
machine's speed hits both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import yaml

from bot.commands.knowledge import prepare_database
from bot.hotline.directory import all_entries
from bot.hotline.ranking import intent_of
from bot.knowledge_files import read_knowledge_files
from bot.model_files import ModelFiles
from bot.settings import PROJECT_ROOT, Settings
from bot.training.examples import read_nlu_examples
from bot.training.model import train

_QUESTIONS = [
    "居住证要带什么材料",
    "办暂住证几天能拿到",
    "邻居欠钱不还12345管不管",
    "城管局电话多少",
    "多证合一什么时候全面实施",
    "楼下烧烤摊占道影响走路",
    "疾病应急救助什么人能申请",
    "12345几点上班",
    "谢谢你",
    "结婚证怎么办",
    "居住证丢了怎么补",
    "大病保险能报多少",
    "市政府督查多久要办完",
    "税收违法怎么举报",
    "一次办好什么意思",
    "你是机器人吗",
]
_STOCK_PIPELINE = [
    {"name": "JiebaTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "random_seed": 20170717},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


_STOCK_EXAMPLES = 5000  # about


@dataclass
class Side:
    """One of the two servers with what was measured of it."""

    name: str
    port: int
    training: float = 0.0
    startup: float = 0.0
    memory: float = 0.0
    milliseconds: dict[int, list[float]] = field(default_factory=lambda: {1: [], 8: []})
    rates: dict[int, list[float]] = field(default_factory=lambda: {1: [], 8: []})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/rest/webhook"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=160, help="turns of each block")
    parser.add_argument("--blocks", type=int, default=5, help="blocks for each side and number of clients")
    parser.add_argument("--stock", type=Path, help="a folder that keeps the stock project and its model between runs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        measure(Path(folder), arguments.stock or Path(folder) / "stock", arguments.turns, arguments.blocks)


def measure(folder: Path, stock: Path, turns: int, blocks: int) -> None:
    """Train both, start both, measure both and print the table."""
    ours, theirs = Side("this project", 15005), Side("stock Rasa", 15006)
    settings = Settings(database_url=f"sqlite:///{folder}/bench.sqlite3", models_dir=folder / "models")
    prepare_database(settings, lambda _: None)
    say("training this project ...")
    started = time.perf_counter()
    files = train(PROJECT_ROOT, settings.models_dir, lambda _: None)
    ours.training = time.perf_counter() - started
    say(f"  {ours.training:.0f} s; training stock Rasa (takes many minutes) ...")
    theirs.training = train_stock(stock)
    say(f"  {theirs.training:.0f} s")
    environment = base_environment(settings, files)
    with (
        server(
            "actions", [sys.executable, "-m", "actions"], PROJECT_ROOT, environment, "http://127.0.0.1:15055/health"
        ),
        timed_server(ours, [sys.executable, "-m", "bot.nlu.server"], PROJECT_ROOT, environment) as our_process,
        timed_server(theirs, stock_command(theirs.port), stock, environment) as their_process,
    ):
        asyncio.run(alternate([ours, theirs], turns, blocks))
        for side, process in ((ours, our_process), (theirs, their_process)):
            side.memory = resident(process)
    report(ours, theirs)


def train_stock(stock: Path) -> float:
    """Write the stock project into ``stock`` and train it; returns the seconds, also where it was trained before."""
    seconds = stock / "seconds"
    if seconds.is_file():
        return float(seconds.read_text())
    write_stock_project(stock)
    started = time.perf_counter()
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", "stock"]
    done = subprocess.run(command, cwd=stock, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"stock Rasa did not train:\n{(done.stdout + done.stderr)[-2000:]}")
    took = time.perf_counter() - started
    seconds.write_text(str(took))
    return took


def write_stock_project(stock: Path) -> None:
    """Write a plain Rasa project with the same examples, rules, domain and action server."""
    shutil.rmtree(stock, ignore_errors=True)
    (stock / "data").mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "domain.yml", stock)
    shutil.copytree(PROJECT_ROOT / "data" / "rules", stock / "data" / "rules")
    examples: dict[str, dict[str, None]] = {}
    for text, intent in examples_with_intents():
        examples.setdefault(intent, {})[" ".join(text.split())] = None
    step = max(sum(map(len, examples.values())) // _STOCK_EXAMPLES, 1)
    nlu = [
        {
            "intent": intent,
            "examples": "".join(f"- {t.replace('[', '(').replace(']', ')')}\n" for t in list(texts)[::step]),
        }
        for intent, texts in examples.items()
    ]
    write = {"nlu.yml": {"version": "3.1", "nlu": nlu}}
    write["../config.yml"] = {
        "recipe": "default.v1",
        "language": "zh",
        "assistant_id": "stock",
        "pipeline": _STOCK_PIPELINE,
        "policies": [{"name": "RulePolicy"}],
    }
    write["../endpoints.yml"] = {"action_endpoint": {"url": "http://127.0.0.1:15055/webhook"}}
    write["../credentials.yml"] = {"rest": None}
    for name, content in write.items():
        (stock / "data" / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf8")


def examples_with_intents() -> Iterator[tuple[str, str]]:
    """Yield every training example of the project, the knowledge's questions included."""
    yield from read_nlu_examples(PROJECT_ROOT / "data" / "nlu")
    for entry in all_entries(read_knowledge_files(PROJECT_ROOT / "data" / "knowledge").as_knowledge()):
        for question in entry.questions:
            yield question, intent_of(entry)


def base_environment(settings: Settings, files: ModelFiles) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(PROJECT_ROOT),
        "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "RASA_TELEMETRY_ENABLED": "false",
        "DATABASE_URL": settings.database_url,
        "HOTLINE_MODEL": str(files.rasa),
        "HOTLINE_RASA_PORT": "15005",
        "HOTLINE_ACTIONS_PORT": "15055",
        "MALLOC_ARENA_MAX": "2",
    }


def stock_command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "rasa", "run", "--model", "models/stock.tar.gz", "--port", str(port)),
        *("--interface", "127.0.0.1", "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
    ]


@contextmanager
def server(
    name: str, command: list[str], folder: Path, environment: dict[str, str], health: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; the block starts when it answers at ``health``."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        asyncio.run(until_healthy(name, process, health))
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def timed_server(
    side: Side, command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    started = time.perf_counter()
    with server(side.name, command, folder, environment, f"http://127.0.0.1:{side.port}/webhooks/rest/") as process:
        side.startup = time.perf_counter() - started
        yield process


async def until_healthy(name: str, process: subprocess.Popen[bytes], url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(1200):
            if process.poll() is not None:
                sys.exit(f"{name} stopped with status {process.returncode}")
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    sys.exit(f"{name} did not become healthy")


async def alternate(sides: list[Side], turns: int, blocks: int) -> None:
    """Warm both up, then measure them block by block in turn."""
    async with aiohttp.ClientSession() as session:
        for side in sides:
            await block(session, side, 8, turns, record=False)
        for number in range(blocks):
            for clients in (1, 8):
                for side in sides if number % 2 == 0 else reversed(sides):
                    await block(session, side, clients, turns, record=True)


async def block(session: aiohttp.ClientSession, side: Side, clients: int, turns: int, *, record: bool) -> None:
    """Let ``clients`` citizens have conversations of four turns until ``turns`` are done."""

    async def client(number: int) -> None:
        for turn in range(turns // clients):
            if turn % 4 == 0:
                sender = uuid.uuid4().hex
            body = {"sender": sender, "message": _QUESTIONS[(number * 5 + turn) % len(_QUESTIONS)]}
            started = time.perf_counter()
            async with session.post(side.url, json=body) as response:
                replies = await response.json()
            if not any(reply.get("text") for reply in replies):
                sys.exit(f"{side.name} gave no answer to {json.dumps(body, ensure_ascii=False)}")
            if record:
                side.milliseconds[clients].append((time.perf_counter() - started) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*(client(n) for n in range(clients)))
    if record:
        side.rates[clients].append(turns // clients * clients / (time.perf_counter() - started))


def resident(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of ``process`` and its children in MB."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return sum(p.memory_info().rss for p in family) / 2**20


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(ours: Side, theirs: Side) -> None:
    rows = [("training, s", ours.training, theirs.training), ("start-up, s", ours.startup, theirs.startup)]
    rows.append(("resident memory, MB", ours.memory, theirs.memory))
    for clients in (1, 8):
        for label, share in (("p50", 0.5), ("p95", 0.95)):
            pair = [quantile(side.milliseconds[clients], share) for side in (ours, theirs)]
            rows.append((f"{clients} client(s): turn {label}, ms", *pair))
        rates = [statistics.median(side.rates[clients]) for side in (ours, theirs)]
        rows.append((f"{clients} client(s): turns a second, median", *rates))
    say(f"\n{'':40}{ours.name:>14}{theirs.name:>14}{'ratio':>8}")
    for label, mine, other in rows:
        say(f"{label:40}{mine:14.1f}{other:14.1f}{mine / other:8.2f}")
    pairs = [a / b for a, b in zip(ours.rates[8], theirs.rates[8])]
    say(f"turns a second at 8 clients, block by block: ratio {min(pairs):.1f} to {max(pairs):.1f}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
