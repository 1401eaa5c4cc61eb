"""Photometric catalogues: the type, its files, and reports on what is wrong with them."""

from photoz.catalogue.catalogue import Catalogue
from photoz.catalogue.importing import ImportReport, import_catalogue
from photoz.catalogue.read import read_catalogue
from photoz.catalogue.tables import Table, read_table
from photoz.catalogue.write import write_catalogue

__all__ = [
    "Catalogue",
    "ImportReport",
    "Table",
    "import_catalogue",
    "read_catalogue",
    "read_table",
    "write_catalogue",
]
