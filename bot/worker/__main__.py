"""The worker process: ``python -m bot.worker``. Makes a round every few minutes; the queue survives a restart."""

from __future__ import annotations

import datetime as dt
import logging

from huey import SqliteHuey, crontab

from bot.errors import HotlineError
from bot.learning.releases import sync_pointer
from bot.learning.trainer import Trainer
from bot.settings import Settings
from bot.storage import Database
from bot.worker.deliveries import send_due
from bot.worker.photos import delete_old_photos
from bot.worker.rounds import make_round

logger = logging.getLogger("bot.worker")

_EVERY = "*/5"  # minutes


def main() -> None:
    """Work until the process is told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    settings = Settings.from_environment()
    settings.jobs_file.parent.mkdir(parents=True, exist_ok=True)
    queue = SqliteHuey("hotline", filename=str(settings.jobs_file))
    database = Database(settings.database_url)

    @queue.periodic_task(crontab(minute=_EVERY), name="round")  # type: ignore[untyped-decorator,unused-ignore]
    def one_round() -> None:
        try:
            done = make_round(database, settings, _now())
            delete_old_photos(database, settings, _now())
        except HotlineError as error:
            logger.error("the round failed and will be made again: %s", error)
        else:
            logger.info("%s", done)

    @queue.periodic_task(crontab(), name="deliveries")  # type: ignore[untyped-decorator,unused-ignore]
    def deliver() -> None:  # every minute
        try:
            send_due(database, _now)
            sync_pointer(database, settings)
        except HotlineError as error:
            logger.error("a minute's work failed and will be tried again: %s", error)

    trainer = Trainer(database, settings, _now)
    trainer.start()
    try:
        queue.create_consumer(workers=2, periodic=True, initial_delay=0.5, max_delay=5).run()
    finally:
        trainer.stop()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


if __name__ == "__main__":
    main()
