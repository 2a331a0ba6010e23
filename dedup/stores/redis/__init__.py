"""An index in Redis or Valkey: a server, a Sentinel service, or a cluster; see docs/adr/0005-redis-layout.md."""

from dedup.stores.redis.store import RedisStore

__all__ = ["RedisStore"]
