"""The five tabs, one Viewer a file."""
