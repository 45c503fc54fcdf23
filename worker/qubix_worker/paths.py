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
    def setup_log(self) -> Path:
        return self.state / "setup.log"

    @property
    def worker_output(self) -> Path:
        """What the background worker said before its log was open."""
        return self.state / "worker.out"

    @property
    def spool(self) -> Path:
        return self.state / "spool"

    @property
    def jobs(self) -> Path:
        return self.state / "jobs"

    @property
    def pause(self) -> Path:
        return self.state / "pause.json"

    @property
    def shared_time(self) -> Path:
        """For how long this computer has shared, day by day."""
        return self.state / "shared.json"

    @classmethod
    def under(cls, home: Path) -> Paths:
        """Everything under `home`."""
        home = home.absolute()
        return cls(home / "config", home / "state", home / "data", home)

    @staticmethod
    def home_of(environment: Mapping[str, str]) -> Path | None:
        """The folder that holds everything, where QUBIX_HOME names one."""
        home = environment.get("QUBIX_HOME")
        return Path(home).absolute() if home else None

    @classmethod
    def of_user(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        """The folders of this account, or those under `QUBIX_HOME`."""
        if home := cls.home_of(environment):
            return cls.under(home)
        # Not at the top: the bare worker file is asked for --help before it has its libraries.
        import platformdirs  # noqa: PLC0415

        user = platformdirs.PlatformDirs("qubix", appauthor=False)
        folders = (user.user_config_path, user.user_state_path, user.user_data_path)
        if len(set(folders)) == 1:
            # Windows and macOS have one place for all three: keep what is purged apart from
            # what stays.
            return cls(folders[0] / "config", folders[0] / "state", folders[0] / "data")
        return cls(*folders)
