"""Settings of folders and files: where things are kept, and where lessons stand for agents."""

from pathlib import Path

from pydantic import Field

from failonce.compose.section import Section
from failonce.projections.budget import BUDGET


class FileSettings(Section):
    """Where lessons in force stand beside the skill files, for agents and people to read."""

    blocks: str = Field(
        default="",
        description="Files that agents read when they start, separated by commas, such as "
        "`AGENTS.md, CLAUDE.md`: each gets a managed block with all rules in force. Relative to "
        "the project's root. Default: none.",
    )
    agent_skills: str = Field(
        default="",
        description="Folders of Agent Skills, separated by commas, such as `.claude/skills, "
        ".agents/skills`: each gets a folder `failonce-NAME` for every skill that has rules. "
        "Relative to the project's root. Default: none.",
    )
    yaml: bool = Field(
        default=False,
        description="Write guardrails and fixers in force into the folder of skill files too, a "
        "YAML file each. Default: `false`.",
    )
    budget: int = Field(
        default=BUDGET,
        ge=100,
        le=1_000_000,
        description="Most tokens that the rules of one file may cost an agent, at four characters "
        "a token. Beyond it those stay out that are worth least: by their measured effect, then "
        f"by how often the failures come. Default: {BUDGET}.",
    )


class PathSettings(Section):
    """Folders. In a file they are relative to its folder, else to the working directory."""

    skills: Path | None = Field(
        default=None,
        description="Folder of the skill files that rules are written to, one managed block in "
        "each. Default: `skills` in the project.",
    )
    templates: Path | None = Field(
        default=None,
        description="Folder with your own wording of names, messages and reasons. Default: the "
        "built-in wording.",
    )
    rejects: Path | None = Field(
        default=None,
        description="Folder where lines that could not be imported are kept. Default: `rejects` "
        "in your data folder.",
    )
    packages: Path | None = Field(
        default=None,
        description="Folder with the packages that generated code may ask for, each in a folder of "
        "its name (`pip install --target FOLDER/NAME NAME`). Default: `packages` in your data "
        "folder.",
    )
