"""What every section of the settings is: closed, so that a typo cannot pass for a decision."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of a settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
