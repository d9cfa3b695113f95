"""Where the programs with clients from npm are."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
PATIENCE: Final = 30.0  # seconds
