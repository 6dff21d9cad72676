"""All miniature deliveries by name."""

from collections.abc import Callable

from tests.fakes import davis2016, davsod, fbms, segtrackv2, stills, uvos, visal, vos
from tests.fakes.fake import Fake

OFFICIAL: dict[str, Callable[[], Fake]] = {
    "davis2016": davis2016.official,
    "fbms": fbms.official,
    "segtrackv2": segtrackv2.official,
    "visal": visal.official,
    "vos": vos.official,
    "davsod": davsod.official,
    "davis2017": uvos.davis2017,
    "longvideos": uvos.longvideos,
    "ytobjects": uvos.ytobjects,
    "duts": stills.duts,
    "msra10k": stills.msra10k,
    "dutomron": stills.dutomron,
    "msrab": stills.msrab,
    "hkuis": stills.hkuis,
    "pascals": stills.pascals,
    "ecssd": stills.ecssd,
}

OTHER: dict[str, Callable[[], Fake]] = {
    "davis2016-as-davis2017": davis2016.davis2017,
    "davis2016-repack": davis2016.repacked,
    "davis2017-semi-supervised": uvos.semi_supervised,
    "ytobjects-pack": uvos.ytobjects_pack,
    "davis2016-pack": uvos.davis2016_pack,
    "fbms-pack": uvos.fbms_pack,
    "duts-pack": uvos.duts_pack,
    "msrab-folders": stills.msrab_folders,
    "fbms-repack": fbms.repacked,
    "segtrackv2-repack": segtrackv2.repacked,
    "visal-repack": visal.repacked,
    "vos-repack": vos.repacked,
    "davsod-repack": davsod.repacked,
}
