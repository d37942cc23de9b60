"""The log: one JSON object a line, from a short list of fields, without personal data.

Paths are logged as their routes, so that a private link's token never reaches a file.
"""

import json
import logging
import sys
import traceback
from typing import Any

from flask import Flask, has_request_context, request


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["route"] = str(request.url_rule or "")
            line["method"] = request.method
        if record.exc_info and record.exc_info[1] is not None:
            # Frames and the kind of error, never its text: that may quote what was typed.
            line["error"] = type(record.exc_info[1]).__name__
            line["frames"] = [
                f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-12:]
            ]
        return json.dumps(line, ensure_ascii=False)


def init_logs(app: Flask, level: str) -> None:
    """Send the shop's log to standard error."""
    logger = logging.getLogger("shop")
    logger.setLevel(level)
    if not any(isinstance(h.formatter, JsonLines) for h in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
    app.logger.handlers = logger.handlers
