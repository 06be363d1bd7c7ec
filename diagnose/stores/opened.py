"""The three stores as found here: facts for the report, anchors to walk, contexts to connect."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial

from diagnose.chain.names import read_name
from diagnose.chain.public_roots import by_fingerprint, newest_release, version_key
from diagnose.chain.reading import subject_of
from diagnose.model.attempt import Failure, Stage, Trouble
from diagnose.model.errors import DiagnoseError
from diagnose.model.nouns import dataclass
from diagnose.model.store import BundleSetting, CertifiFacts, DefectKind, Store, StoreName
from diagnose.model.surroundings import Platform, Surroundings
from diagnose.model.text import printable
from diagnose.platforms import NativeStore, native
from diagnose.stores import certifi_store
from diagnose.stores.contexts import Loader, StoreContext, SystemContext
from diagnose.stores.directory import read_directory
from diagnose.stores.pem import read_file
from diagnose.stores.settings import BundleContent, named_bundles, read_bundles

#: A bundle with one of these is no file to be opened: a pipe would block, a huge file would stall.
_HANDS_OFF = frozenset({DefectKind.NOT_A_FILE, DefectKind.TOO_LARGE})


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store that was looked at.

    `anchors` are DER. `context` is None where nothing can be loaded; `failure` then says why.
    """

    facts: Store
    anchors: tuple[bytes, ...] = ()
    context: StoreContext | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """All three, and what is known of the files behind them."""

    stores: tuple[OpenStore, ...]
    certifi: CertifiFacts | None
    bundle_settings: tuple[BundleSetting, ...]

    def get(self, name: StoreName) -> OpenStore:
        return next(store for store in self.stores if store.facts.name is name)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look. Tests bring their own certifi and native store; programs bring none.

    `environment` names the variables (unmasked paths); `pip` are pairs of key and path.
    `connecting` says that contexts will be needed, so that their loading can begin at once;
    `first_name` is the reference identity of the first target.
    """

    surroundings: Surroundings
    environment: Mapping[str, str]
    bundle: str | None = None
    pip: Sequence[tuple[str, str]] = ()
    package: certifi_store.CertifiPackage | None = field(default_factory=certifi_store.find)
    system: NativeStore | None = None
    connecting: bool = True
    first_name: str = ""


def open_stores(sources: Sources) -> Stores:
    """Read every store. Raises DiagnoseError when `--bundle` names a thing that is no file."""
    certifi, facts = _certifi(sources)
    contents = read_bundles(named_bundles(sources.bundle, sources.environment, sources.pip))
    _refuse_option(sources.bundle, contents)
    bundle = _bundle(contents[0]) if contents else OpenStore(Store(StoreName.BUNDLE, False))
    if sources.connecting and bundle.context is not None:
        bundle.context.start()
    settings = tuple(content.setting for content in contents)
    return Stores((certifi, bundle, _system(sources)), facts, settings)


def _certifi(sources: Sources) -> tuple[OpenStore, CertifiFacts | None]:
    package = sources.package
    if package is None:
        missing = Store(StoreName.CERTIFI, False, notes=("certifi is not installed",))
        return OpenStore(missing), None
    context = StoreContext(lambda context: context.load_verify_locations(cafile=package.where))
    if sources.connecting and os.path.isfile(package.where):
        context.start()
    file = read_file(package.where)
    facts = certifi_store.facts(
        package,
        file.anchors,
        was_released=partial(_was_released, package.version),
        name_of=_subject_text,
    )
    store = Store(
        StoreName.CERTIFI,
        configured=True,
        places=(package.where,),
        chosen_by=f"the installed package certifi {package.version}",
        anchors=len(file.anchors) if file.usable else None,
        defects=file.defects,
    )
    if not file.usable:
        return OpenStore(store, failure=_unloadable(store)), facts
    return OpenStore(store, file.anchors, context), facts


def _bundle(content: BundleContent) -> OpenStore:
    setting = content.setting
    store = Store(
        StoreName.BUNDLE,
        configured=True,
        places=tuple(_parts(content)),
        chosen_by=setting.source,
        anchors=setting.anchors,
        defects=setting.defects,
    )
    if any(defect.kind in _HANDS_OFF for defect in setting.defects):
        return OpenStore(store, failure=_unloadable(store))
    return OpenStore(store, content.anchors, StoreContext(_loader(content)))


def _loader(content: BundleContent) -> Loader:
    """As requests and pip load it: a directory as capath, anything else as cafile."""

    def load(context: ssl.SSLContext) -> None:
        for part in _parts(content):
            # OpenSSL passes over a directory of SSL_CERT_DIR that is not there.
            if content.setting.source == "SSL_CERT_DIR" or os.path.isdir(part):
                context.load_verify_locations(capath=part)
            else:
                context.load_verify_locations(cafile=part)

    return load


def _parts(content: BundleContent) -> list[str]:
    if content.setting.source == "SSL_CERT_DIR":
        return [part for part in content.setting.path.split(os.pathsep) if part]
    return [content.setting.path]


def _system(sources: Sources) -> OpenStore:
    platform = sources.surroundings.platform
    found = sources.system or native(platform).system_store(sources.environment)
    context = SystemContext(_system_loader(found), native=platform is not Platform.LINUX)
    if sources.connecting and sources.first_name and not found.blocking:
        context.foresee(sources.first_name)
    files = [read_file(path) for path in found.files]
    directories = [read_directory(path) for path in found.directories]
    from_files = [der for each in files for der in each.anchors]
    from_directories = [der for each in directories for der in each.anchors]
    anchors = tuple(dict.fromkeys((*from_files, *from_directories, *found.anchors)))
    store = Store(
        StoreName.SYSTEM,
        configured=True,
        places=found.places,
        chosen_by=found.chosen_by,
        anchors=len(anchors),
        complete=found.complete,
        # An unhashed or empty system directory is no defect while the file beside it is read.
        defects=tuple(defect for each in files for defect in each.defects),
        notes=found.notes,
    )
    if found.blocking:
        words = f"{printable(found.blocking)} is neither a file nor a directory"
        return OpenStore(store, failure=Failure(Stage.STORE, Trouble.BUNDLE_INVALID, words))
    return OpenStore(store, anchors, context)


def _system_loader(found: NativeStore) -> Loader:
    """The calls that truststore makes on Linux (`_configure_context`)."""

    def load(context: ssl.SSLContext) -> None:
        if found.default_paths:
            context.set_default_verify_paths()
        elif found.files:
            context.load_verify_locations(cafile=found.files[0])

    return load


def _unloadable(store: Store) -> Failure:
    """The failure of a store whose file must not or cannot be opened, from its worst defect."""
    worst = [each for each in store.defects if each.fatal or each.kind in _HANDS_OFF]
    if not worst:
        return Failure(Stage.STORE, Trouble.BUNDLE_INVALID, "the file cannot be loaded")
    match worst[0].kind:
        case DefectKind.MISSING:
            trouble = Trouble.BUNDLE_MISSING
        case DefectKind.UNREADABLE:
            trouble = Trouble.BUNDLE_UNREADABLE
        case _:
            trouble = Trouble.BUNDLE_INVALID
    return Failure(Stage.STORE, trouble, printable(f"{worst[0].path} {worst[0].detail}"))


def _refuse_option(option: str | None, contents: Sequence[BundleContent]) -> None:
    """`--bundle` was typed just now: a pipe or a huge file is a slip, not a finding."""
    if not option:
        return
    for defect in contents[0].setting.defects:
        if defect.kind in _HANDS_OFF:
            raise DiagnoseError(
                f"--bundle `{printable(defect.path)}` {defect.detail};"
                " name a PEM file or a hashed directory"
            )


def _was_released(version: str, fingerprint: str) -> bool:
    """Whether some release had this root; a release newer than what is known may have any."""
    if version_key(version) > version_key(newest_release()):
        return True
    return by_fingerprint(fingerprint) is not None


def _subject_text(der: bytes) -> str:
    return read_name(subject_of(der)).text
