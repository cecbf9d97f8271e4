"""Everything for a workshop on a stick: for other systems than this one, and without a network."""

from cbr_notebook.workshops.packing.stick import pack
from cbr_notebook.workshops.packing.targets import Target

__all__ = ["Target", "pack"]
