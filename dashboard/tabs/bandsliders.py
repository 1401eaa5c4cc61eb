"""One slider with a typed value per band, for the parameter that is chosen."""

from collections.abc import Callable

import numpy as np
import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.controllers import calibrate as controller
from photoz.calibrate.calibration import Calibration, identity
from photoz.errors import PhotozError

RANGES = {  # start, end, step; offsets in median errors of the band
    "flux_scale": (0.5, 1.5, 0.005),
    "error_scale": (0.3, 3.0, 0.01),
    "flux_offset_ujy": (-5.0, 5.0, 0.02),
    "error_floor": (0.0, 0.3, 0.002),
}
FORMATS = {
    "flux_scale": "0.000",
    "error_scale": "0.00",
    "flux_offset_ujy": "0.0000",
    "error_floor": "0.000",
}
SHORT = {
    "Flux scale": "flux_scale",
    "Error scale": "error_scale",
    "Offset": "flux_offset_ujy",
    "Floor": "error_floor",
}
HINTS = {
    "flux_scale": "Fluxes and errors are multiplied by this.",
    "error_scale": "Errors are multiplied by this.",
    "flux_offset_ujy": "Added to the flux, in µJy.",
    "error_floor": "This share of the flux is added to the error in quadrature.",
}


class BandSliders(Viewer):
    """The four numbers of every band, one parameter at a time, in groups of bands.

    Args:
        moved: called with the new calibration, or with the error of a value that cannot be.
        turned: called when the sliders show another parameter.
        width: in pixels.
    """

    def __init__(
        self,
        moved: Callable[[Calibration | Exception], None],
        turned: Callable[[], None],
        width: int,
        **params,
    ) -> None:
        super().__init__(**params)
        self._moved, self._turned, self._width = moved, turned, width
        self._calibration: Calibration | None = None
        self._setting = False
        self._unit: dict[str, float] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._sliders: dict[str, pmui.EditableFloatSlider] = {}
        self._together: dict[str, pmui.Switch] = {}
        self._fixed: dict[str, pmui.Switch] = {}
        self._chooser = pmui.RadioButtonGroup(
            label="",
            options=SHORT,
            value="flux_scale",
            size="small",
            margin=(4, 12),
            sx={
                "& .MuiToggleButton-root": {
                    "textTransform": "none",
                    "px": "14px",
                    "whiteSpace": "nowrap",
                }
            },
        )
        self._chooser.param.watch(self._chosen, "value")
        self._hint = pmui.Typography(HINTS["flux_scale"], variant="caption", margin=(0, 12))
        self._column = pmui.Column(sizing_mode="stretch_width")

    @property
    def parameter(self) -> str:
        """The parameter on the sliders."""
        return self._chooser.value

    @property
    def frozen(self) -> tuple[str, ...]:
        """Groups of bands that a fit keeps as they are."""
        return tuple(group for group, switch in self._fixed.items() if switch.value)

    @property
    def disabled(self) -> bool:
        """Whether nothing can be moved."""
        return self._chooser.disabled

    @disabled.setter
    def disabled(self, value: bool) -> None:
        self._chooser.disabled = value
        for slider in self._sliders.values():
            slider.disabled = value

    def build(
        self,
        groups: dict[str, tuple[str, ...]],
        reference: str | None,
        unit_ujy: np.ndarray,
        bands: tuple[str, ...],
    ) -> None:
        """Make the sliders of these bands."""
        self._groups = groups
        self._unit = dict(zip(bands, unit_ujy, strict=True))
        self._calibration = identity(bands)
        self._together, self._fixed = {}, {}
        self._sliders = {band: self._slider(band, reference) for band in bands}
        sections = []
        for number, (group, members) in enumerate(groups.items()):
            self._together[group] = pmui.Switch(label="Move together", margin=(2, 8))
            self._fixed[group] = pmui.Switch(label="Fixed in a fit", margin=(2, 8))
            sections.append(
                pmui.Details(
                    pmui.Row(self._together[group], self._fixed[group]),
                    *(self._sliders[band] for band in members),
                    title=f"{controller.GROUP_NAMES[group]} ({len(members)})",
                    collapsed=number > 0,
                    fully_expanded=True,
                    sizing_mode="stretch_width",
                    margin=(2, 6),
                )
            )
        self._column.objects = sections
        self.disabled = False

    def show(self, calibration: Calibration) -> None:
        """Put a calibration onto the sliders without reporting it as a move."""
        self._calibration = calibration
        self._setting = True
        try:
            with pn.io.hold():
                values = getattr(calibration, self.parameter)
                for band, value in zip(calibration.bands, values, strict=True):
                    self._range(band, float(value))
        finally:
            self._setting = False

    def _slider(self, band: str, reference: str | None) -> pmui.EditableFloatSlider:
        slider = pmui.EditableFloatSlider(
            label=f"{band} (reference)" if band == reference else band,
            start=0.5,
            end=1.5,
            step=0.005,
            value=1.0,
            format="0.000",
            size="small",
            sizing_mode="stretch_width",
            margin=(0, 10),
        )
        slider.param.watch(lambda event: self._slid(band, event.new), "value")
        return slider

    def _range(self, band: str, value: float) -> None:
        start, end, step = RANGES[self.parameter]
        if self.parameter == "flux_offset_ujy":
            start, end, step = (x * self._unit[band] for x in (start, end, step))
        new = {
            "start": min(start, value),
            "end": max(end, value),
            "step": step,
            "format": FORMATS[self.parameter],
            "value": value,
        }
        slider = self._sliders[band]
        changes = {k: v for k, v in new.items() if getattr(slider, k) != v}
        if changes:
            slider.param.update(**changes)

    def _chosen(self, _event) -> None:
        self._hint.object = HINTS[self.parameter]
        if self._calibration is not None:
            self.show(self._calibration)
        self._turned()

    def _slid(self, band: str, value: float | None) -> None:
        if self._setting or self._calibration is None or value is None:
            return
        group = next(g for g, members in self._groups.items() if band in members)
        try:
            if self._together[group].value:
                members = self._groups[group]
                new = controller.moved_together(
                    self._calibration, members, band, self.parameter, value
                )
                self.show(new)
            else:
                new = controller.changed(self._calibration, band, self.parameter, value)
        except PhotozError as error:
            self.show(self._calibration)
            self._moved(error)
            return
        self._calibration = new
        self._moved(new)

    def __panel__(self):
        return pmui.Column(self._chooser, self._hint, self._column, width=self._width)
