"""Two numbers for how far apart two catalogues are: sliced Wasserstein distance, and C2ST."""

import numpy as np

from photoz.catalogue.catalogue import Catalogue
from photoz.states import MEASURED

N_DIRECTION = 128
N_QUANTILE = 200
N_COMPARE = 20_000
N_CLASSIFY = 2_000
N_FOLD = 5
N_NEIGHBOUR = 9
RIDGE = 3.0
N_NEWTON = 8


def sliced_distance(one: Catalogue, other: Catalogue) -> float:
    """Return the sliced Wasserstein distance (order 1) of the photometry of two catalogues.

    Every galaxy is a point of (asinh flux, ln error) in each band, in units of the spread in
    `other`; bands not measured stand at its median. The mean over 128 directions.

    References:
        Bonneel et al. 2015, J. Math. Imaging Vis. 51, 22.
    """
    points_one, points_other = photometry_points(one, other), photometry_points(other, other)
    rng = np.random.default_rng(0)
    direction = rng.normal(size=(points_other.shape[1], N_DIRECTION))
    direction /= np.linalg.norm(direction, axis=0)
    level = (np.arange(N_QUANTILE) + 0.5) / N_QUANTILE
    gap = np.quantile(points_one @ direction, level, axis=0) - np.quantile(
        points_other @ direction, level, axis=0
    )
    return float(np.abs(gap).mean())


def classifier_accuracy(one: Catalogue, other: Catalogue) -> tuple[float, float]:
    """Return the accuracy of a classifier that tells two catalogues apart, and its error.

    A classifier two-sample test (C2ST) on the coordinates of `sliced_distance` with as many
    galaxies of each catalogue, at most 2,000, in five folds. Two classifiers compete inside the
    training folds: ridge logistic regression on the coordinates and their squares, which sees
    shifts and widths; and the nine nearest neighbours, which see how bands belong together. The
    better one answers for the fold held out. Catalogues that cannot be told apart give 0.5; the
    error is the binomial one there, so 0.5 + 2 errors is the least that means something. The two
    catalogues must not hold the same galaxies: a twin beside each galaxy confuses neighbours.

    References:
        Lopez-Paz & Oquab 2017, arXiv:1610.06545.
    """
    n = min(one.n, other.n, N_CLASSIFY)
    rng = np.random.default_rng(2)
    halves = [
        photometry_points(some.take(rng.permutation(some.n)[:n]), other) for some in (one, other)
    ]
    # a few wild values would rule every coefficient; beyond four spreads far is far
    x = np.clip(np.concatenate(halves), -4.0, 4.0)
    label = np.repeat([True, False], n)
    fold = np.tile(np.arange(n) % N_FOLD, 2)
    right = 0
    for k in range(N_FOLD):
        judge = fold == (k + 1) % N_FOLD
        test, train = fold == k, fold != k
        inner = train & ~judge
        scores = [
            (answer(x[inner], label[inner], x[judge]) == label[judge]).sum()
            for answer in CLASSIFIERS
        ]
        best = CLASSIFIERS[int(np.argmax(scores))]
        right += int((best(x[train], label[train], x[test]) == label[test]).sum())
    return float(right / (2 * n)), float(0.5 / np.sqrt(2 * n))


def _by_regression(x: np.ndarray, label: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Answers (n_asked,) bool of a logistic regression on coordinates and their squares."""
    design = lambda p: np.column_stack([np.ones(len(p)), p, p**2 - 1.0])  # noqa: E731
    return design(asked) @ _logistic(design(x), label.astype(float)) > 0


def _by_neighbours(x: np.ndarray, label: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Answers (n_asked,) bool of the majority of the nine nearest."""
    from scipy.spatial import KDTree

    near = KDTree(x).query(asked, min(N_NEIGHBOUR, len(x)))[1]
    return label[near.reshape(len(asked), -1)].mean(axis=1) > 0.5


CLASSIFIERS = (_by_regression, _by_neighbours)


def _logistic(x: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Coefficients of a ridge logistic regression, by Newton steps that cannot overshoot."""
    coefficient = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 1e-6
    for _ in range(N_NEWTON):
        share = 1.0 / (1.0 + np.exp(-np.clip(x @ coefficient, -30.0, 30.0)))
        slope = x.T @ (label - share) - penalty * coefficient
        curvature = (x * np.maximum(share * (1 - share), 0.02)[:, None]).T @ x + np.diag(penalty)
        coefficient += np.linalg.solve(curvature, slope)
    return coefficient


def photometry_points(catalogue: Catalogue, scale: Catalogue) -> np.ndarray:
    """Return (n, 2 n_band) coordinates (asinh flux, ln error) in units of the spread in `scale`.

    At most 20,000 galaxies, drawn at random; bands not measured stand at 0.
    """
    if catalogue.n > N_COMPARE:
        catalogue = catalogue.take(np.random.default_rng(1).choice(catalogue.n, N_COMPARE, False))
    columns = []
    for b in range(len(scale.bands)):
        seen = scale.state[:, b] == MEASURED
        unit = float(np.median(scale.err_ujy[seen, b])) if seen.any() else 1.0
        for values, values_scale in (
            (np.arcsinh(catalogue.flux_ujy[:, b] / unit), np.arcsinh(scale.flux_ujy[:, b] / unit)),
            (np.log(catalogue.err_ujy[:, b]), np.log(scale.err_ujy[:, b])),
        ):
            if not seen.any():
                columns.append(np.zeros(catalogue.n))
                continue
            low, middle, high = np.quantile(values_scale[seen], [0.16, 0.5, 0.84])
            spread = max(float(high - low) / 2, 1e-6)
            measured = catalogue.state[:, b] == MEASURED
            columns.append(np.where(measured, (values - middle) / spread, 0.0))
    return np.column_stack(columns)
