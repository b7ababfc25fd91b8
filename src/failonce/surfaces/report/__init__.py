"""What failed, what lessons changed, and what that saved: one value, drawn by any surface.

    material = gather(parts, project)    read the store
    report = build(material)             pure: material → `Report`
    drawing(report)                      the report as an SVG picture

The command line prints it (`surfaces.cli.plot`).
"""

from failonce.surfaces.report.making import build
from failonce.surfaces.report.material import Material, gather
from failonce.surfaces.report.svg import drawing
from failonce.surfaces.report.values import Panel, Report

__all__ = ["Material", "Panel", "Report", "build", "drawing", "gather"]
