"""The tables. Whoever changes one adds a migration that makes old databases like it.

`seq` numbers rows in the order they came (it is the cursor of lists and the order of the queue);
`id` is what the outside sees. Secrets stand here as SHA-256 only. JSON is kept as text that is
encoded by us: it is never searched, and escapes carry what a text column might refuse.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column whose type is exactly INTEGER.
Sequence = BigInteger().with_variant(Integer, "sqlite")
Milliseconds = BigInteger()
Sha256 = String(64)

operator_tokens = Table(
    "operator_tokens",
    metadata,
    Column("token_hash", Sha256, primary_key=True),
    Column("created_at", Milliseconds, nullable=False),
)

providers = Table(
    "providers",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("worker_id", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("type", String(16), nullable=False),
    Column("gpu_model", String(256)),
    Column("gpu_vram_gb", Float),
    Column("cpu_model", String(256)),
    Column("cpu_cores", Integer),
    Column("ram_total_gb", Float),
    Column("os", String(16)),
    Column("location", String(256)),
    Column("hardware", Text, nullable=False),
    Column("capabilities", Text, nullable=False),
    Column("worker_version", String(64), nullable=False),
    Column("worker_sha256", String(64), nullable=False),
    Column("registered_at", Milliseconds, nullable=False, index=True),
    Column("last_heartbeat_at", Milliseconds),
    Column("is_online", Boolean, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("usage", Text),
    # Measurements that are not in `metrics` yet: see `recent`.
    Column("recent", Text, nullable=False, server_default=""),
    Column("total_jobs", Integer, nullable=False),
    # What it told in its last heartbeat; None where it never tells.
    Column("free_slots", Integer),
    # Whether it has ever told which jobs it has: see `leases`.
    Column("names_jobs", Boolean, nullable=False, server_default=false()),
    # Which run of the worker its last heartbeat was of, and its number there.
    Column("session", String(64)),
    Column("report", BigInteger),
    Column("pause_reason", String(256)),
    Column("price_per_hour", Float),
)
Index("ix_providers_online_heartbeat", providers.c.is_online, providers.c.last_heartbeat_at)

worker_secrets = Table(
    "worker_secrets",
    metadata,
    Column("secret_hash", Sha256, primary_key=True),
    Column(
        "provider_seq",
        ForeignKey("providers.seq", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("created_at", Milliseconds, nullable=False),
)

enrollments = Table(
    "enrollments",
    metadata,
    Column("token_hash", Sha256, primary_key=True),
    Column("code_hash", Sha256, nullable=False, unique=True),
    Column("created_at", Milliseconds, nullable=False),
    Column("expires_at", Milliseconds, nullable=False, index=True),
    Column("used_at", Milliseconds),
    Column("provider_seq", ForeignKey("providers.seq", ondelete="SET NULL"), index=True),
)

metrics = Table(
    "metrics",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("provider_seq", ForeignKey("providers.seq", ondelete="CASCADE"), nullable=False),
    Column("at", Milliseconds, nullable=False, index=True),
    Column("cpu_percent", Float),
    Column("ram_percent", Float),
    Column("gpu_percent", Float),
    Column("gpu_temp", Float),
    Column("gpu_mem_used", Float),
)
Index("ix_metrics_provider_seq", metrics.c.provider_seq, metrics.c.seq)

modules = Table(
    "modules",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", Milliseconds, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("idempotency_key", String(128), unique=True),
    Column("request_hash", Sha256, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("spec", Text, nullable=False),
    Column("timeout_seconds", Integer, nullable=False),
    Column("min_vram_gb", Float),
    Column("min_ram_gb", Float),
    Column("needs_gpu", Boolean, nullable=False),
    Column("os", String(16)),
    Column("status", String(16), nullable=False),
    Column("provider_seq", ForeignKey("providers.seq", ondelete="SET NULL")),
    Column("worker_id", String(64)),
    Column("attempt", Integer, nullable=False),
    Column("lost_leases", Integer, nullable=False),
    # Whether a heartbeat of the holder has named it under this lease.
    Column("named", Boolean, nullable=False, server_default=false()),
    Column("progress", Float, nullable=False),
    Column("current_operation", String(256)),
    # Of which run of the worker its last progress was, and its number there.
    Column("progress_session", String(64)),
    Column("progress_report", BigInteger),
    Column("error", Text),
    Column("metrics", Text),
    Column("created_at", Milliseconds, nullable=False),
    Column("assigned_at", Milliseconds),
    Column("started_at", Milliseconds),
    Column("finished_at", Milliseconds),
)
Index("ix_jobs_status", jobs.c.status, jobs.c.seq)
Index("ix_jobs_provider_seq", jobs.c.provider_seq, jobs.c.status)
Index("ix_jobs_worker_id", jobs.c.worker_id, jobs.c.seq)

job_results = Table(
    "job_results",
    metadata,
    Column("job_seq", ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("result", Text, nullable=False),
)

job_logs = Table(
    "job_logs",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("job_seq", ForeignKey("jobs.seq", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Milliseconds, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("line", Text, nullable=False),
)

job_leases = Table(
    "job_leases",
    metadata,
    Column("job_seq", ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("provider_id", String(36), nullable=False),
    Column("assigned_at", Milliseconds, nullable=False),
)

# How many tries an address has left: see `tries`.
tries = Table(
    "tries",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("whose", String(64), primary_key=True),
    Column("full_at", Milliseconds, nullable=False, index=True),
)

# What operators and enrollments did.
audit = Table(
    "audit",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Milliseconds, nullable=False, index=True),
    Column("actor", String(16), nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("target", String(128), nullable=False),
    Column("address", String(64), nullable=False),
)
