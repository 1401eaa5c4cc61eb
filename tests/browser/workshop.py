"""A small workspace whose jobs take seconds, and a page of it watched for errors."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

BANDS = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
Z_MAX = 1.0
N = 1600
WAIT_MS = 150_000  # machines that test are often busy


def colours_of(z, brightness):
    """True fluxes (n, n_band) in microjansky whose colours tell the redshift."""
    b = np.arange(len(BANDS))
    shape = (1.0 + 0.6 * np.sin(0.9 * b + 5.0 * z[:, None])) / (1.0 + 0.3 * b)
    return (brightness[:, None] * shape).astype(np.float32)


def make_workshop(root: Path) -> Path:
    """Write a workspace: a simulation, its noise, a catalogue, a pair of small models."""
    import jax

    import photoz.jaxconfig  # noqa: F401
    from photoz.catalogue import write_catalogue
    from photoz.features.spec import fit_features
    from photoz.models import MDN, Flow, TrainedModel, save_model
    from photoz.noise import depths_noise, load_noise, mock_catalogue, save_noise
    from photoz.workspace import make_workspace

    make_workspace(root)
    rng = np.random.default_rng(0)
    z = np.repeat(rng.uniform(0.02, Z_MAX, N // 4), 4).astype(np.float32)
    flux = colours_of(z, 10.0 ** rng.uniform(0.5, 1.5, N))
    _write_simulation(root / "simulations" / "toy.parquet", z, flux)
    depths = {
        "band": np.array(BANDS),
        "depth_ab_mag": np.full(len(BANDS), 24.0),
        "n_sigma": np.full(len(BANDS), 5.0),
    }
    save_noise(depths_noise(depths), root / "noise" / "toy.json")
    noise = load_noise(root / "noise" / "toy.json")
    mock = mock_catalogue(np.arange(N), z, flux, BANDS, noise, seed=1)
    mock = mock.take(np.arange(400) * 4)
    write_catalogue(mock, root / "catalogues" / "mock.parquet")
    spec = fit_features(BANDS, mock.flux_ujy, mock.err_ujy, mock.uplim_ujy, mock.state)
    shape = {"n_feature": spec.n_feature, "z_max": Z_MAX, "width": 16, "depth": 1}
    for number, build in enumerate((MDN, Flow)):
        estimator = build(jax.random.key(number), **shape)
        model = TrainedModel(estimator, spec, BANDS, Z_MAX, {"survey": "sdss-2mass"})
        folder = root / "models" / "toy"
        folder.mkdir(exist_ok=True)
        save_model(model, folder / f"{estimator.kind}.safetensors")
    return root


def _write_simulation(path: Path, z: np.ndarray, flux: np.ndarray) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from photoz.provenance import provenance, to_json

    n = len(z)
    columns = {
        "id": np.arange(n),
        "z": z,
        "batch": (np.arange(n) // 4).astype(np.int32),
        "log_weight": np.zeros(n, np.float32),
    } | {f"flux_{band}": flux[:, b] for b, band in enumerate(BANDS)}
    record = provenance(
        "simulation",
        recipe={"name": "toy"},
        survey="sdss-2mass",
        bands=list(BANDS),
        seed=0,
        n=n,
        z_max=Z_MAX,
    )
    table = pa.table(columns).replace_schema_metadata({b"photoz": to_json(record).encode()})
    pq.write_table(table, path)


@dataclass
class Watched:
    """A page and what went wrong on it."""

    page: object
    errors: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser, address: str) -> "Watched":
        """Open an address in a new page."""
        watched = cls(browser.new_page(viewport={"width": 1280, "height": 1600}))
        watched.page.set_default_timeout(WAIT_MS)
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on(
            "console",
            lambda said: watched.errors.append(said.text) if said.type == "error" else None,
        )
        watched.page.goto(address)
        return watched

    def type_number(self, label: str, value: int) -> None:
        """Type into a number field as a hand does: it reformats its text when focused."""
        field = self.page.get_by_label(label, exact=True)
        field.click()
        field.press("Control+a")
        field.press_sequentially(str(value))
        field.press("Tab")

    def column(self, source: str, column: str) -> list[float]:
        """Values in a column of a named data source, as the browser holds them."""
        return self.page.evaluate(
            """([name, column]) => {
                for (const document of Bokeh.documents) {
                    const found = document.get_model_by_name(name)
                    if (found) { return Array.from(found.data[column]) }
                }
                return []
            }""",
            [source, column],
        )

    def until(self, look, wanted, seconds: float = 150.0):
        """Wait until `look()` satisfies `wanted`; return what it found."""
        found = None
        for _ in range(int(seconds / 0.2)):
            found = look()
            if wanted(found):
                return found
            self.page.wait_for_timeout(200)
        raise AssertionError(f"After {seconds:g} s the page still shows {found!r}.")
