"""Running code after the import of a module, whenever that happens; an interpreter that never imports it pays nothing."""

import sys

_waiting = {}  # module name -> functions still to be called with that module


def after_import(name, function):
    """Calls function(module) as soon as the module `name` is loaded; at once if it is already."""
    if name in sys.modules:
        function(sys.modules[name])
        return
    if not any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watcher())
    _waiting.setdefault(name, []).append(function)


class _Watcher(object):
    """A finder that finds nothing itself: it lets the others find a watched module, and watches its loader."""

    def find_spec(self, name, path=None, target=None):
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            spec = None if finder is self or find_spec is None else find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Watched(spec.loader)
                return spec
        return None


class _Watched(object):
    """A module's own loader, with the waiting functions run after it. All else (source, resources) is the loader's."""

    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        for function in _waiting.pop(module.__name__, ()):
            function(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)
