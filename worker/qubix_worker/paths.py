"""Where things are on disk: one value, made once at the edge and handed to all who need it.

`QUBIX_HOME` puts everything under one folder; then nothing is written outside it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The three folders of a user's installation, and the files in them."""

    config: Path
    state: Path
    data: Path
    home: Path | None = None
    """Set when QUBIX_HOME holds all three."""

    @property
    def settings(self) -> Path:
        return self.config / "settings.toml"

    @property
    def identity(self) -> Path:
        return self.state / "identity.json"

    @property
    def control_key(self) -> Path:
        return self.state / "control.key"

    @property
    def control_socket(self) -> Path:
        return self.state / "control.sock"

    @property
    def lock(self) -> Path:
        return self.state / "worker.lock"

    @property
    def log(self) -> Path:
        return self.state / "worker.log"

    @property
    def spool(self) -> Path:
        return self.state / "spool"

    @property
    def jobs(self) -> Path:
        return self.state / "jobs"

    @property
    def installed(self) -> Path:
        """What setup has put on this machine, so that it can be taken away again."""
        return self.state / "installed.json"

    @classmethod
    def under(cls, home: Path) -> Paths:
        """Everything under `home`."""
        home = home.absolute()
        return cls(home / "config", home / "state", home / "data", home)

    @classmethod
    def of_user(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        """The folders of this account, or those under `QUBIX_HOME`."""
        if home := environment.get("QUBIX_HOME"):
            return cls.under(Path(home))
        # Not at the top: the bare worker file is asked for --help before it has its libraries.
        import platformdirs  # noqa: PLC0415

        user = platformdirs.PlatformDirs("qubix", appauthor=False)
        return cls(user.user_config_path, user.user_state_path, user.user_data_path)
