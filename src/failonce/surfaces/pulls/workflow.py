"""The file for GitHub Actions that mines, puts what waits before people, and takes their word.

Its inputs are those of the second seed (S18). What is typed into them reaches a command only as an
environment variable that the command itself reads and checks, never as part of a script.
"""

from typing import Final

EVERY: Final = "0 */6 * * *"
"""Every six hours (S17)."""

_WORKFLOW: Final = """\
# .github/workflows/failonce.yml
#
# Mines, puts the lessons that wait into one pull request, and takes up what was merged or closed.
# It needs:
# * the secret FAILONCE_STORE_URL: a store that outlives the run;
# * Settings > Actions > General: "Allow GitHub Actions to create and approve pull requests".
name: failonce

on:
  schedule:
    - cron: "{every}"
  workflow_dispatch:
    inputs:
      min_hits:
        description: Failures of one class in seven days, at least
        default: "2"
      top_n:
        description: Most classes looked at
        default: "50"
  pull_request:
    types: [closed]

permissions:
  contents: write
  pull-requests: write

# one run after the other: none is ended half way
concurrency:
  group: failonce
  cancel-in-progress: false

env:
  FAILONCE_STORE__URL: ${{{{ secrets.FAILONCE_STORE_URL }}}}
  FAILONCE_PROJECT: ${{{{ vars.FAILONCE_PROJECT || github.event.repository.name }}}}
  GITHUB_TOKEN: ${{{{ secrets.GITHUB_TOKEN }}}}

jobs:
  review:
    # branches of this repository only: what comes from others' is none of ours
    if: >-
      github.event_name == 'pull_request' && startsWith(github.head_ref, 'failonce/') &&
      github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0
          ref: ${{{{ github.event.repository.default_branch }}}}
      - uses: actions/setup-python@v6
        with:
          python-version: "3.11"
      - run: pip install "failonce[github,postgres]=={version}"
      - run: failonce pr poll

  propose:
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0
          ref: ${{{{ github.event.repository.default_branch }}}}
      - uses: actions/setup-python@v6
        with:
          python-version: "3.11"
      - run: pip install "failonce[github,postgres]=={version}"
      - run: failonce mine --project . $EVERY
        env:
          # by hand it looks again, whoever looked before
          EVERY: ${{{{ github.event_name == 'schedule' && '--every 6h' || '' }}}}
          FAILONCE_MINE__MIN_HITS_7D: ${{{{ inputs.min_hits || '2' }}}}
          FAILONCE_MINE__TOP: ${{{{ inputs.top_n || '50' }}}}
      - run: failonce propose --pr
"""


def workflow(version: str) -> str:
    """The file, for `.github/workflows/failonce.yml`, with this version of failonce."""
    return _WORKFLOW.format(every=EVERY, version=version)
