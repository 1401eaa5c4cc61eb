"""Photometric catalogues: the type, its files, and reports on what is wrong with them."""

from photoz.catalogue.catalogue import Catalogue
from photoz.catalogue.read import read_catalogue
from photoz.catalogue.tables import Table, read_table
from photoz.catalogue.write import write_catalogue

__all__ = ["Catalogue", "Table", "read_catalogue", "read_table", "write_catalogue"]
