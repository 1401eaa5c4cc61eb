"""Which galaxies are unlike the simulated ones, and which bands are to blame.

```
reference = load_models("my-model")["flow"].trust
photometry = photometry_for(catalogue, bands)
judge(reference, photometry).ood         # 1 is passed by 1 % of simulated galaxies
bands_to_blame(reference, photometry)    # (n, n_band) bool
```
"""

from photoz.trust.fit import fit_reference
from photoz.trust.judge import Judgement, bands_to_blame, judge
from photoz.trust.reference import Reference, TrainedRange

__all__ = [
    "Judgement",
    "Reference",
    "TrainedRange",
    "bands_to_blame",
    "fit_reference",
    "judge",
]
