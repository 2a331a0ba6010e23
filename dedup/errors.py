"""Every error that this package raises on purpose, in one tree, each with a stable code.

ResemblesError
├── InvalidInput            what was given cannot be used; nothing was changed
│   ├── WrongUsage          a command that lacks an argument, or has one that it does not take
│   ├── InvalidDocument     one document cannot be indexed (bad id, no words, too long)
│   ├── InvalidScheme       scheme parameters that make no sense
│   ├── InvalidURL          an index URL of an unknown kind
│   ├── UnknownStory        no document of the index belongs to a story of that name
│   ├── NoStories           the index was made without stories
│   ├── OutputExists        the folder for results holds something
│   └── MissingExtra        a package that only some commands need is not installed
├── ServiceError            a remote index refused a request, or does not answer
├── SystemRefused           the system gives this process no more memory, files, threads or room
└── StoreError              the index cannot answer or accept; nothing acknowledged was lost
    ├── StoreUnreachable    folder or server missing, unreadable, or gone
    ├── StoreGone           the index was deleted while it was open
    ├── StoreDenied         the server refuses user, password or command
    ├── StoreEvicts         the server throws keys away when memory runs out
    ├── StoreReadOnly       the index cannot be written from here
    ├── StoreBusy           another writer holds the index
    ├── StoreFull           no room: disk, map or memory
    ├── StoreForeign        the folder holds something that is not an index of ours
    ├── StoreTooNew         written by a newer version of this package
    ├── StoreDamaged        the index contradicts itself; the message says what mends it
    ├── StoreForked         opened before a fork and used after it
    ├── StoreClosed         used after close()
    └── SchemeMismatch      the index was built with another scheme
"""


class ResemblesError(Exception):
    """Base of all errors raised on purpose; `code` is stable across versions."""

    code = "error"


class InvalidInput(ResemblesError):
    """What was given cannot be used; nothing was changed."""

    code = "invalid_input"


class WrongUsage(InvalidInput):
    """A command lacks an argument, or has an option or value that it does not take."""

    code = "usage"


class InvalidDocument(InvalidInput):
    """One document cannot be indexed.

    `code` says why: `no_id`, `empty_id`, `long_id`, `invalid_id`, `no_text`, `no_words`, `long_text`,
    `invalid_metadata`, or `unknown_id`; of a watch also `short_text` and `unknown_watch`.
    """

    code = "invalid_document"

    def __init__(self, code: str, message: str) -> None:
        """Keep the specific code beside the message."""
        super().__init__(message)
        self.code = code


class InvalidScheme(InvalidInput):
    """Scheme parameters that make no sense together."""

    code = "invalid_scheme"


class InvalidURL(InvalidInput):
    """An index URL of an unknown kind."""

    code = "invalid_url"


class UnknownStory(InvalidInput):
    """No document of the index belongs to a story of that name."""

    code = "unknown_story"


class NoStories(InvalidInput):
    """The index was made without stories."""

    code = "no_stories"


class OutputExists(InvalidInput):
    """The folder for results holds something."""

    code = "output_exists"


class MissingExtra(InvalidInput):
    """A package that only some commands need is not installed."""

    code = "missing_extra"


class ServiceError(ResemblesError):
    """A remote index refused a request, or does not answer; `code` is the service's own, or `unreachable`."""

    code = "service_error"

    def __init__(self, code: str, message: str) -> None:
        """Keep the specific code beside the message."""
        super().__init__(message)
        self.code = code


class SystemRefused(ResemblesError):
    """The system gives this process no more memory, files, threads or room on a disk; what is acknowledged stays."""

    code = "system_refused"


class StoreError(ResemblesError):
    """The index cannot answer or accept; nothing acknowledged was lost."""

    code = "store_error"


class StoreUnreachable(StoreError):
    """Folder or server missing, unreadable, or gone."""

    code = "store_unreachable"


class StoreGone(StoreError):
    """The index was deleted while it was open, or another one put in its place; open it again."""

    code = "store_gone"


class StoreDenied(StoreError):
    """The server refuses user, password or command."""

    code = "store_denied"


class StoreEvicts(StoreError):
    """The server throws keys away when memory runs out: postings would vanish unnoticed."""

    code = "store_evicts"


class StoreReadOnly(StoreError):
    """The index cannot be written from here."""

    code = "store_read_only"


class StoreBusy(StoreError):
    """Another writer holds the index."""

    code = "store_busy"


class StoreFull(StoreError):
    """No room is left: disk, map or memory."""

    code = "store_full"


class StoreForeign(StoreError):
    """The folder holds something that is not an index of ours."""

    code = "store_foreign"


class StoreTooNew(StoreError):
    """Written by a newer version of this package."""

    code = "store_too_new"


class StoreDamaged(StoreError):
    """The index contradicts itself; the message says what mends it."""

    code = "store_damaged"


class StoreForked(StoreError):
    """Opened before a fork and used after it."""

    code = "store_forked"


class StoreClosed(StoreError):
    """Used after close()."""

    code = "store_closed"


class SchemeMismatch(StoreError):
    """The index was built with another scheme."""

    code = "scheme_mismatch"
