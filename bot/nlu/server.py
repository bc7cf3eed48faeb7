"""The Rasa server with the released model: ``python -m bot.nlu.server``. Never exposed to the internet."""

from __future__ import annotations

import logging
import os
import warnings

from bot.model_files import ReleasedModel
from bot.settings import PROJECT_ROOT, Settings


def main() -> None:
    """Serve the model named by the settings over the REST channel, without Rasa's HTTP API."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    warnings.filterwarnings("ignore")
    settings = Settings.from_environment()
    os.environ.setdefault("HOTLINE_ACTIONS_URL", f"{settings.actions_url}/webhook")

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    from bot.nlu.releases import following

    configure_structlog(logging.WARNING)  # left alone, structlog prints citizens' texts at debug level
    configure_logging_and_warnings(logging.WARNING, warn_only_once=True, filter_repeated_logs=False)
    logging.getLogger("rasa.core.processor").addFilter(one_line)
    released = ReleasedModel(settings)
    serve_application(
        model_path=str(released.current().rasa),
        credentials=str(PROJECT_ROOT / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(PROJECT_ROOT / "endpoints.yml")),
        interface=settings.rasa_host,
        port=settings.rasa_port,
        enable_api=False,
        server_listeners=[(following(released), "after_server_start")],
    )


def one_line(record: logging.LogRecord) -> bool:
    """Keep ``record`` without its trace: Rasa prints fifty lines for every turn while the action server is away."""
    if record.exc_info and record.exc_info[0]:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", ()
        record.exc_info = record.exc_text = None
    return True


if __name__ == "__main__":
    main()
