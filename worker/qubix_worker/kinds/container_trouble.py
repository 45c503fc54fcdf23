"""Whose fault it is that an engine failed, by what it wrote: the job's (SpecError), or this
computer's, its network's or the registry's (NotHereError), for which the job is given back.

The one thing to know before changing it: in what an engine writes stand words of strangers, such as
the image's name and a registry's answer. They decide no more than whether a job fails or is given
back, and never reach a sentence but as one harmless line. The words that are looked for were
written by podman 4.3.1 and docker 28.2.2 unless another source is named; `tests` has the whole
outputs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qubix_worker.kinds.container_engine import GONE, Engine
from qubix_worker.kinds.harmless import one_line
from qubix_worker.kinds.kind import NotHereError, SpecError

NO_ROOM = "no space left on device|disk quota exceeded|not enough space on the disk"
STATUS = (
    "(?:statuscode|status code from registry|http status|parsing http|unexpected status[^\n]*?)"
    ":? ([1-5][0-9][0-9])"
)
"""With which number a registry has answered. All that stands behind it is of its own making."""
ABSENT = "manifest unknown|name unknown|not found|unauthorized|no basic auth|(?<!permission )denied"
ALIEN = "no image found in|no matching manifest for"
AWAY = (
    "no such host|refused|timeout|timed out|unreachable|no route|certificate|tls|eof|reset by peer"
    "|deadline|server misbehaving|name resolution|http response to https|broken pipe"
    "|toomanyrequests|too many requests|connection reset|network is down"
)
ABSENT_STATUSES = (401, 403, 404, 410, 451)
BUSY_STATUSES = (408, 429)

NO_ROOM_SENTENCE = "This computer's disk has no room for the image."


def not_fetched(
    engine: Engine, registry: str, path: str, output: bytes, code: int
) -> SpecError | NotHereError:
    """Why an image could not be fetched by a program that ended with `code`."""
    text = output.decode("utf-8", "replace").lower()
    name = f"{registry}{path}".lower()
    if re.search("|".join((GONE, ABSENT, ALIEN, NO_ROOM, AWAY)), name):
        # Names that a job has chosen must not be taken for the engine's words.
        text = text.replace(name, "").replace(path[1:], "").replace(registry.lower(), "")
    if answered := re.search(STATUS, text):
        return _answered(registry, int(answered[1]))
    for words, error in (
        (GONE, gone(engine)),
        (ABSENT, _absent(registry)),
        (ALIEN, SpecError("The image is for another kind of computer.")),
        (NO_ROOM, NotHereError(NO_ROOM_SENTENCE, "no_room")),
    ):
        if re.search(words, text):
            return error
    # Before what may be the network's: a Docker that ends meanwhile is "unexpected EOF".
    if code < 0 or not engine.answers():
        return gone(engine)
    if re.search(AWAY, text):
        return out_of_reach(registry)
    return _odd(registry)


def not_made(
    engine: Engine, sentence: str, output: str, code: int, chosen: Sequence[str] = ()
) -> SpecError | NotHereError:
    """Why a container could not be made or begun; `sentence` is for where that is the job's fault.
    `chosen` are words of the job's that the engine may have repeated: what they say themselves is
    not believed."""
    text = output.lower()
    if re.search(f"{GONE}|{NO_ROOM}", " ".join(chosen).lower()):
        text = ""
    if re.search(NO_ROOM, text):
        return NotHereError("This computer has no room on its disk for a container.", "no_room")
    if code < 0 or re.search(GONE, text) or not engine.answers():
        return gone(engine)
    return SpecError(sentence)


def not_begun(trouble: str) -> str:
    """The sentence for a program that the engine could not begin, by what it said."""
    text = trouble.lower()
    if "exec format error" in text:
        return "The program in the image is for another kind of processor."
    if re.search("no such file|not found|executable file|no command specified", text):
        return f"The image has no such program: {one_line(trouble)}"
    return f"The program could not be begun: {one_line(trouble)}"


def gone(engine: Engine) -> NotHereError:
    """The engine has ended, or was ended in the middle of something."""
    name = engine.name.capitalize()
    return NotHereError(f"{name}, which holds containers, does not answer any more.", "no_engine")


def stuck(error: Exception) -> NotHereError:
    """The engine keeps a job waiting."""
    sentence = f"The program that holds containers is stuck. {one_line(str(error))}"
    return NotHereError(sentence, "no_engine")


def out_of_reach(registry: str) -> NotHereError:
    """No answer comes from there, or only a part of one."""
    sentence = f"The registry '{registry}' of the image cannot be reached."
    return NotHereError(sentence, "no_registry")


def _answered(registry: str, status: int) -> SpecError | NotHereError:
    """Without the number: it may be an answer of something in the provider's own network."""
    if status in ABSENT_STATUSES:
        return _absent(registry)
    if status in BUSY_STATUSES or status >= 500:
        sentence = f"The registry '{registry}' does not give the image now."
        return NotHereError(sentence, "no_registry")
    return _odd(registry)


def _absent(registry: str) -> SpecError:
    return SpecError(f"The registry '{registry}' has no such image, or not for everybody.")


def _odd(registry: str) -> SpecError:
    """Not in the engine's words: in them may stand what an address in the provider's own network
    answered, to which a registry has sent the engine on."""
    return SpecError(f"The image could not be fetched from the registry '{registry}'.")
