"""The proposal card: everything a person needs to judge one lesson, as one value.

    material = gather(parts, lesson)     read the store
    card = build(material)               pure: material → `Card`

The command line prints it (`surfaces.cli.card`); any other surface may draw it its own way.
"""

from failonce.surfaces.card.making import build
from failonce.surfaces.card.material import Material, gather
from failonce.surfaces.card.values import Card

__all__ = ["Card", "Material", "build", "gather"]
