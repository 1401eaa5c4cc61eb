"""Compare: the estimators and the baselines on galaxies whose redshift is known."""

from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from dashboard.components.live import SLOW_POOL, Latest, on_page
from dashboard.components.notice import Notice, empty
from dashboard.components.numbers import Numbers, table_html
from dashboard.components.picture import Picture, panes
from dashboard.components.progress import Waiting
from dashboard.controllers import compare as control
from dashboard.controllers.compare import Comparison, Score
from dashboard.plots.redshifts import redshift_picture
from dashboard.plots.scores import ScoreLine, ecdf_picture, score_picture
from dashboard.session import NO_CALIBRATION, Session
from dashboard.theme import colour, display_name
from photoz.errors import InputError

METRICS = {  # key of evaluate -> title, digits, factor
    "sigma_nmad": ("σ NMAD", 4, 1.0),
    "outlier_fraction": ("Outliers %", 1, 100.0),
    "bias": ("Bias", 4, 1.0),
    "crps": ("CRPS", 4, 1.0),
    "log_score": ("Log score", 3, 1.0),
    "coverage_68": ("68 % covers %", 1, 100.0),
    "coverage_95": ("95 % covers %", 1, 100.0),
    "pit_ks": ("PIT KS", 4, 1.0),
}
NAMES = {"trainz": "Redshift distribution alone", "gaussian": "One Gaussian width"}
CAPTION = (
    "± are bootstrap errors over galaxies. Outliers: |Δz| above 0.15 (1 + z). Two baselines that "
    "any method must beat: the redshift distribution of this sample given to every galaxy, and a "
    "Gaussian at the first estimator's peak with the width σ NMAD (1 + z). The first "
    "is honest on average and knows nothing: no PIT counts without a score beside it. Its scores "
    "stand in the table only, far off the scale of the points."
)


class Compare(Viewer):
    """A table, PIT beside scores, and photometric against spectroscopic redshift."""

    def __init__(self, session: Session, **params) -> None:
        super().__init__(**params)
        self._session = session
        self._notice = Notice()
        self._waiting = Waiting(200, 320)
        self._body = pn.Column(sizing_mode="stretch_width")
        self._document = pn.state.curdoc
        self._scores = Latest(self._compute, self._lay_out, self._failed, pool=SLOW_POOL)
        session.param.watch(self._change, ["model", "catalogue", "calibration"])
        self._change()

    def _change(self, *_events) -> None:
        self._notice.clear_message()
        s = self._session
        if not (s.model and s.catalogue):
            self._waiting.stop()
            self._body.objects = [
                empty(
                    "Nothing to compare yet",
                    "A trained model and a catalogue with spectroscopic redshifts are needed: "
                    "train a model in Train, and choose both on the left.",
                )
            ]
            return
        self._waiting.start(f"Scoring {s.model} on {s.catalogue}, with errors by resampling.")
        self._body.visible = False
        self._scores.submit(s.model, s.catalogue, s.calibration)

    def _compute(self, model: str, catalogue: str, calibration: str) -> tuple[str, Comparison]:
        def report(share: float) -> None:
            if self._document is not None and self._document.session_context:
                on_page(self._document, partial(self._waiting.share, share))

        return calibration, control.compare(
            self._session.library, model, catalogue, calibration, report
        )

    def _failed(self, error: Exception) -> None:
        self._waiting.stop()
        if isinstance(error, InputError):
            self._body.objects = [empty("Nothing to compare here", str(error))]
            self._body.visible = True
        else:
            self._notice.fail(error)

    def _lay_out(self, result: tuple[str, Comparison]) -> None:
        calibration, found = result
        self._waiting.stop()
        table = Numbers(margin=(0, 0, 8, 0))
        table.object = scores_html(found, calibration)
        lines = [score_line(score, calibration) for score in found.scores]
        ours = [line for line in lines if line.estimator != "gaussian"]
        near = [line for line in lines if line.estimator != "trainz"]  # it would flatten the rest
        first = found.scores[0].band
        ecdf = ecdf_picture(ours, (first.u, first.lower, first.upper)).named("ecdf")
        self._body.objects = [
            pmui.Typography(sample_sentence(found), variant="body2", margin=(0, 0, 8, 0)),
            table,
            pn.Row(
                panes(ecdf),
                panes(*(score_picture(near, w).named(w) for w in ("crps", "log_score"))),
                sizing_mode="stretch_width",
            ),
            pn.Row(*(panes(p) for p in self._panels(found)), sizing_mode="stretch_width"),
        ]
        self._body.visible = True

    def _panels(self, found: Comparison) -> list[Picture]:
        """Return one panel an estimator, calibrated where there is a calibration."""
        pictures = []
        top = min(float(found.z_spec.max()) * 1.25 + 0.1, found.z_max)
        for name in dict.fromkeys(s.estimator for s in found.scores if s.key in found.z_phot):
            key = f"{name}:calibrated" if f"{name}:calibrated" in found.z_phot else name
            title = display_name(name) + (", after calibration" if key != name else "")
            picture = redshift_picture(
                "Spectroscopic redshift", "Photometric redshift", top, colour(name), 400, title
            )
            picture.patch(
                "points", x=found.z_spec, y=found.z_phot[key], id=[str(i) for i in found.ids]
            )
            pictures.append(picture)
        return pictures

    def __panel__(self):
        return pmui.Column(
            self._notice, self._waiting, self._body, sizing_mode="stretch_width", margin=0
        )


def line_name(score: Score, calibration: str) -> str:
    """Return what people call a line of the comparison."""
    name = NAMES.get(score.estimator, display_name(score.estimator))
    if score.calibrated:
        return f"{name}, {calibration}"
    return name if calibration == NO_CALIBRATION or score.estimator in NAMES else f"{name}, before"


def score_line(score: Score, calibration: str) -> ScoreLine:
    """Return what the pictures show of a line."""
    before = calibration != NO_CALIBRATION and not score.calibrated
    dashed = before and score.estimator not in NAMES
    pair = lambda key: (score.row[key], score.row[f"{key}_err"])  # noqa: E731
    return ScoreLine(
        name=line_name(score, calibration),
        estimator=score.estimator,
        dash="dotted" if score.estimator == "trainz" else "dashed" if dashed else "solid",
        u=score.band.u,
        difference=score.band.difference,
        crps=pair("crps"),
        log_score=pair("log_score"),
    )


def scores_html(found: Comparison, calibration: str) -> str:
    """Return the table of metrics with bootstrap errors."""
    rows, keys = [], []
    for score in found.scores:
        rows.append((line_name(score, calibration), [_cell(score.row, key) for key in METRICS]))
        keys.append((score.key, list(METRICS)))
    return table_html(["", *(title for title, _, _ in METRICS.values())], rows, CAPTION, keys)


def _cell(row: dict[str, Any], key: str) -> str:
    _, digits, factor = METRICS[key]
    return f"{factor * row[key]:.{digits}f} ±{factor * row[f'{key}_err']:.{digits}f}"


def sample_sentence(found: Comparison) -> str:
    """Say which galaxies were scored."""
    n = len(found.ids)
    if n < found.n_known:
        return (
            f"{n:,} galaxies, drawn at random from the {found.n_known:,} whose redshift is known."
        )
    return f"All {n:,} galaxies whose redshift is known."
