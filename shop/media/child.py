"""The reading process: a stranger's photo is only ever unpacked here (QUALITY T32).

``python -m shop.media.child`` reads one photo from its standard input and writes one
line of JSON and then the files to its standard output. It has 512 MB and 5 seconds.
With the word ``small`` behind it, it makes a small master alone.
"""

import json
import resource
import sys

MEMORY = 512 * 1024 * 1024
SECONDS = 5


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from shop.kernel.errors import Refusal
    from shop.media import pipeline

    out = sys.stdout.buffer
    try:
        finish = pipeline.finish_small if sys.argv[1:] == ["small"] else pipeline.finish
        finished = finish(sys.stdin.buffer.read())
    except Refusal as refusal:
        out.write(json.dumps({"refused": refusal.code, "facts": refusal.facts}).encode() + b"\n")
        return
    except MemoryError:
        out.write(b'{"refused": "picture_broken", "facts": {}}\n')
        return
    head = {
        "digest": finished.digest,
        "width_px": finished.width_px,
        "height_px": finished.height_px,
        "colour": finished.colour,
        "versions": finished.versions,
        "files": [[name, len(content)] for name, content in finished.files.items()],
    }
    out.write(json.dumps(head).encode() + b"\n")
    for content in finished.files.values():
        out.write(content)


if __name__ == "__main__":
    main()
