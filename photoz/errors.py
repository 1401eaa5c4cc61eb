"""The sentences the project says when something is wrong.

Every exception a person may meet is one of these. The message is one sentence (or
two) that names the file, the row or the column, what was found, what was expected and
what to do; the command line prints it on standard error and the page shows it as it is.
"""


class PhotozError(Exception):
    """Base of all errors that are explained in a sentence; exit code 2."""


class InputError(PhotozError):
    """An argument or a value that cannot be used."""


class CatalogueError(PhotozError):
    """A catalogue file, column or row that cannot be read as photometry."""


class RecipeError(PhotozError):
    """A recipe or survey TOML with an unknown, missing or impossible entry."""


class GridError(PhotozError):
    """An SSP grid that is missing, broken, or asked for values outside its axes."""


class ModelError(PhotozError):
    """A model file that is damaged, of another version, or made for other bands."""


class JobError(PhotozError):
    """A run that failed, is lost, or cannot be started, cancelled or resumed."""


class WorkspaceError(PhotozError):
    """A workspace folder that cannot be used."""
