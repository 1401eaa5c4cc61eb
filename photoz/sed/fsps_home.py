"""The data files python-fsps needs, checked by name and size without importing it.

FSPS ends its process, with exit status 0, at the first file that it cannot open, and reads a
spectral library that was cut short without a word. So everything is checked before it starts.
"""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from photoz.errors import GridError

MAX_PATH = 250  # characters of SPS_HOME that FSPS keeps
LFS_POINTER = b"version https://git-lfs"
SOURCE = "https://github.com/cconroy20/fsps"

_FEH = (-2.5, -2.25, -2.0, -1.75, -1.5, -1.25, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5)  # MIST
_N_C3K = 11  # FSPS 4.0 opens the first 11 of the 13 that the legend of C3K lists
_Z_MILES = (0.0008, 0.0035, 0.0097, 0.019, 0.03)
_Z_WMBASIC = (1e-4, 1e-3, 2e-3, 3e-3, 4e-3, 6e-3, 8e-3, 0.01, 0.014, 0.02, 0.03, 0.04)
_FEH_XRB = (-1.3, -1.0, -0.8, -0.7, -0.5, -0.4, -0.3, -0.2, 0.0, 0.2, 0.3)


@dataclass(frozen=True)
class Layout:
    """The files that one build of FSPS opens.

    Attributes:
        name: `v4-c3k`, `v4-miles` or `v3-miles`.
        library: what the build calls its spectral library.
        files: paths below SPS_HOME.
        library_bytes: exact size of each binary file of the spectral library.
    """

    name: str
    library: str
    files: tuple[str, ...]
    library_bytes: int

    @property
    def library_files(self) -> tuple[str, ...]:
        """The binary files of the spectral library."""
        return tuple(name for name in self.files if name.endswith(".bin"))


def _common_files() -> list[str]:
    """Files that every build with MIST isochrones and Draine & Li (2007) dust opens."""
    hot, agb = "SPECTRA/Hot_spectra/", "SPECTRA/AGB_spectra/"
    names = ["data/emlines_info.dat", "data/FILTER_LIST", "ISOCHRONES/MIST/zlegend.dat"]
    names += [hot + "WMBASIC.teff", hot + "WMBASIC_zlegend.dat"]
    names += [f"{hot}WMBASIC_z{z:.4f}.spec" for z in _Z_WMBASIC]
    names += [f"{agb}{kind}.{end}" for end in ("teff", "spec") for kind in ("Orich", "Crich")]
    names += [agb + "Crich_Aringer.teff", agb + "Crich_Aringer.spec", hot + "ipagb.teff"]
    names += [hot + "ipagb_solar.spec", hot + "ipagb_halo.spec"]
    names += [
        f"{hot}CMFGEN_{kind}{end}" for kind in ("WN", "WC") for end in (".teff", "_Zall.spec")
    ]
    names += [f"dust/dustem/DL07_MW3.1_{k}0.dat" for k in range(7)]
    names += ["dust/dusty/Orich_dusty.spec", "dust/dusty/Crich_dusty.spec"]
    names += ["dust/Nenkova08_y010_torusg_n10_q2.0.dat"]
    names += [f"nebular/ZAU_{k}_mist.{e}" for k in ("ND", "WD") for e in ("cont", "lines")]
    names += ["SPECTRA/xrb/xsp.lambda"]
    names += [f"SPECTRA/xrb/xsp_feh{feh:+.2f}.spec" for feh in _FEH_XRB]
    names += ["SPECTRA/A0V_KURUCZ_92.SED", "SPECTRA/SUN_STScI.SED", "data/allfilters.dat"]
    names += ["dust/alldirty_h.dat", "dust/alldirty_c.dat", "dust/Gordon03_table4.dat"]
    return [*names, "data/allindices.dat"]


def _layouts() -> dict[str, Layout]:
    sign = lambda feh: "m" if feh < 0 else "p"  # noqa: E731
    mist = "ISOCHRONES/MIST/"
    v4 = [f"{mist}isoc_feh_{sign(f)}{100 * abs(f):03.0f}_afe_p0_vvcrit0.4_full.dat" for f in _FEH]
    v3 = [f"{mist}isoc_z{sign(f)}{abs(f):.2f}.dat" for f in _FEH if f != -2.25]
    c3k = "SPECTRA/C3K/c3k_lr/"
    low = [c3k + n for n in ("c3k_lr.lambda", "c3k_lr_zlegend.dat", "c3k_lr.res")]
    low += [c3k + "logt.dat", c3k + "logg.dat"]
    low += [f"{c3k}c3k_lr_feh{feh:+.2f}_afe+0.0.spec.bin" for feh in _FEH[:_N_C3K]]
    miles = [f"SPECTRA/MILES/{n}" for n in ("miles.lambda", "zlegend.dat", "miles.res")]
    miles += [f"SPECTRA/MILES/imiles_z{z:.4f}.spectra.bin" for z in _Z_MILES]
    own = ["SPECTRA/MILES/logt.dat", "SPECTRA/MILES/logg.dat"]
    basel = ["SPECTRA/BaSeL3.1/basel_logt.dat", "SPECTRA/BaSeL3.1/basel_logg.dat"]
    common = _common_files()
    return {
        layout.name: layout
        for layout in (
            Layout("v4-c3k", "c3k_lr", (*common, *low, *v4), 8_673_280),
            Layout("v4-miles", "miles", (*common, *miles, *own, *v4), 30_976_992),
            Layout("v3-miles", "miles", (*common, *miles, *basel, *v3), 30_976_992),
        )
    }


LAYOUTS = _layouts()


def installed_layout() -> Layout:
    """Return the layout of the installed python-fsps, from its version and compiled library.

    Raises:
        GridError: python-fsps is not installed.
    """
    try:
        release = tuple(int(part) for part in version("fsps").split(".")[:2])
        spec = find_spec("fsps")
    except PackageNotFoundError:
        release, spec = (0, 0), None
    if spec is None or not spec.origin:
        raise GridError(
            "python-fsps is not installed: `pip install fsps` (wheels for Linux x86-64 and macOS "
            "arm64), or use the shipped BC03 grid, which does not need it."
        )
    if release < (0, 5):
        return LAYOUTS["v3-miles"]
    compiled = next(Path(spec.origin).parent.glob("_fsps*.so"), None)
    with_miles = compiled is not None and b"/SPECTRA/MILES/" in compiled.read_bytes()
    return LAYOUTS["v4-miles" if with_miles else "v4-c3k"]


def file_problems(home: Path, layout: Layout) -> dict[str, str]:
    """Return what is wrong with the data files below a folder: file name to fault."""
    faults: dict[str, str] = {}
    for name in layout.files:
        path = home / name
        if not path.is_file():
            faults[name] = "missing"
            continue
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(len(LFS_POINTER))
        if head == LFS_POINTER:
            faults[name] = "a Git LFS pointer instead of the data"
        elif size == 0:
            faults[name] = "empty"
        elif name in layout.library_files and size != layout.library_bytes:
            faults[name] = f"{size:,} bytes instead of {layout.library_bytes:,}"
    return faults


def checked_home(folder: str | Path | None = None) -> tuple[Path, Layout]:
    """Return the SPS_HOME folder as an absolute path and its layout, after checking every file.

    Args:
        folder: the folder; default the environment variable SPS_HOME.

    Raises:
        GridError: python-fsps is not installed; SPS_HOME is not set, not a folder or too long a
            path; files are missing or of a wrong size (names them all).
    """
    layout = installed_layout()
    given = folder or os.environ.get("SPS_HOME")
    get = f"a clone of {SOURCE} at the version of python-fsps {version('fsps')}"
    if not given:
        raise GridError(
            f"SPS_HOME is not set: FSPS reads its isochrones and spectra from the folder it names. "
            f"Set it to {get}, or give that folder with --from."
        )
    home = Path(given).expanduser().absolute()  # a link may be what shortens the path
    if not home.is_dir():
        raise GridError(f"SPS_HOME {given} is not a folder; it should be {get}.")
    if len(str(home)) > MAX_PATH:
        raise GridError(
            f"SPS_HOME {home} is {len(str(home))} characters long and FSPS reads {MAX_PATH}; "
            "move the folder, or give a shorter link to it."
        )
    faults = file_problems(home, layout)
    if faults:
        listed = "; ".join(f"{name} ({fault})" for name, fault in faults.items())
        raise GridError(
            f"SPS_HOME {home} cannot be used: of the {len(layout.files)} files that python-fsps "
            f"{version('fsps')} ({layout.name}) opens, {len(faults)} are missing or of a wrong "
            f"size: {listed}. Copy them again from {get}."
        )
    return home, layout


def home_state() -> str:
    """Say in one sentence whether FSPS could be used."""
    try:
        home, layout = checked_home()
    except GridError as error:
        return str(error)
    return f"python-fsps {version('fsps')} ({layout.name}) can be used with SPS_HOME {home}"
