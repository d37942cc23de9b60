"""The reading process: a stranger's spreadsheet is only ever unpacked here.

``python -m shop.media.sheet_child`` reads one file from its standard input and writes its sheets
as JSON. It has 512 MB and 10 seconds; whatever happens to it, the shop goes on.
"""

import json
import resource
import sys

MEMORY = 512 * 1024 * 1024
SECONDS = 10


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from shop.media.sheets import sheets_of_book

    try:
        sheets = sheets_of_book(sys.stdin.buffer.read())
    except BaseException as error:  # The library's own panics are no Exception.
        sys.stderr.write(type(error).__name__)
        sys.exit(1)
    sys.stdout.write(json.dumps(sheets))


if __name__ == "__main__":
    main()
