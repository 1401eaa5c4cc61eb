"""Photometric catalogues: the type, its files, and reports on what is wrong with them."""

from photoz.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]
