"""Filters of push subscriptions: the names a subscription listens to, in Pub/Sub's filter language.

A filter saves deliveries, it decides nothing: a worker looks at what a message is about. So a filter may let
too much through, and must never hold back what its subscription declares.
"""

from __future__ import annotations

from itertools import groupby

#: Pub/Sub takes no longer filter.
LONGEST_FILTER = 256
#: Published by hand without attributes: delivered to everybody, and judged by its body. The form is that of
#: cloud.google.com/pubsub/docs/subscription-message-filter; the emulator takes any text and filters nothing.
_UNMARKED = "NOT attributes:processor"


def filter_of(names: tuple[str, ...]) -> str:
    """The filter that lets through messages whose attribute `processor` is one of `names`, or that have none.

    No names: the empty filter, which lets everything through. Where the names do not fit into a filter, those
    with the same first word are asked for by their common prefix, the largest group first. Raises ValueError
    when that does not fit either.
    """
    if not names:
        return ""
    groups = {word: tuple(found) for word, found in groupby(sorted(names), key=_first_word)}
    by_prefix: list[str] = []
    for word in ("", *sorted(groups, key=lambda word: -len(groups[word]))):
        by_prefix.extend([word] if word else [])
        text = _text(groups, by_prefix)
        if len(text.encode()) <= LONGEST_FILTER:
            return text
    raise ValueError(f"A filter for [{', '.join(names)}] is longer than [{LONGEST_FILTER}] bytes")


def _first_word(name: str) -> str:
    word, underscore, _ = name.partition("_")
    return word + underscore


def _text(groups: dict[str, tuple[str, ...]], by_prefix: list[str]) -> str:
    terms: list[str] = []
    for word, names in groups.items():
        if word in by_prefix:
            terms.append(f'hasPrefix(attributes.processor, "{word}")')
        else:
            terms.extend(f'attributes.processor = "{name}"' for name in names)
    return " OR ".join((*terms, _UNMARKED))
