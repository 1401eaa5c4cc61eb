"""What one browser session has chosen, and its mirror in the address of the page."""

from typing import Any
from urllib.parse import urlencode

import panel as pn
import param

from dashboard.library import Library

TABS = ("simulate", "train", "galaxies", "calibrate", "compare")
QUERY = ("tab", "model", "catalogue", "calibration", "galaxy")
NO_CALIBRATION = "none"
SEARCH_LABEL = "Find a galaxy by id"


class Session(param.Parameterized):
    """The choices of one browser session; tabs watch them."""

    tab = param.Selector(default=TABS[0], objects=list(TABS), doc="The tab on screen.")
    model = param.Selector(default=None, allow_None=True, objects=[], doc="Folder of models.")
    catalogue = param.Selector(default=None, allow_None=True, objects=[], doc="Open catalogue.")
    calibration = param.Selector(
        default=NO_CALIBRATION, objects=[NO_CALIBRATION], doc="Offsets applied to the catalogue."
    )
    galaxy = param.String(default="", doc="Id of the selected galaxy, as text.")
    step = param.Tuple(default=("", 0), doc="Last key that moves between galaxies, and a count.")
    complaints = param.List(default=[], item_type=str, doc="Sentences about a wrong address.")
    address = param.String(default="", doc="Query of the address that opens the same view.")

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self.library = library
        self.refresh()

    def refresh(self) -> None:
        """Look again at what the workspace holds; keeps choices that still exist."""
        models, catalogues = self.library.models(), self.library.catalogues()
        calibrations = [NO_CALIBRATION, *self.library.calibrations()]
        for name, found in (
            ("model", models),
            ("catalogue", catalogues),
            ("calibration", calibrations),
        ):
            self.param[name].objects = found
            if getattr(self, name) not in found:
                setattr(self, name, found[0] if found else None)
        self._fit_catalogue()

    @param.depends("model", watch=True)
    def _fit_catalogue(self) -> None:
        """Move to a catalogue that has the bands of the model, where there is one."""
        if self.model and self.catalogue:
            fitting = self.library.catalogues_for(self.model)
            if fitting and self.catalogue not in fitting:
                self.catalogue = fitting[0]

    @param.depends("catalogue", watch=True)
    def _forget_galaxy(self) -> None:
        self.galaxy = ""

    def read_address(self, query: dict[str, Any]) -> None:
        """Take over what the address asks for; what does not exist becomes a sentence."""
        complaints = []
        for name in QUERY:
            if name not in query:
                continue
            wanted = str(query[name])
            known = getattr(self.param[name], "objects", None)
            if known is None or wanted in known:
                setattr(self, name, wanted)
            else:
                complaints.append(
                    f"The address asks for {name} {wanted!r}, which is not here; "
                    f"showing {getattr(self, name) or 'nothing'} instead."
                )
        self.complaints = complaints

    def follow_address(self) -> None:
        """Take over the address of the page, then keep `address` equal to the choices."""
        if pn.state.location is not None:
            self.read_address(dict(pn.state.location.query_params))
        self.param.watch(lambda *_: self._write_address(), list(QUERY))
        self._write_address()

    def _write_address(self) -> None:
        chosen = {name: getattr(self, name) for name in QUERY}
        kept = {k: v for k, v in chosen.items() if v and v != NO_CALIBRATION}
        self.address = "?" + urlencode(kept)
