"""The pages of the dashboard, looked at in a real Chromium.

looking      the browser; a viewer of one page, who notices what must not happen
serving      an app behind a real socket
conftest     the fixtures: `view`, `guide`
styleguide   every part of the pages with ordinary and with hostile values
"""
