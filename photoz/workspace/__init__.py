"""The folder a person's work lives in, and the demonstration that a new one starts from."""

from photoz.workspace.demo import make_demo
from photoz.workspace.folder import FOLDERS, is_workspace, make_workspace

__all__ = ["FOLDERS", "is_workspace", "make_demo", "make_workspace"]
