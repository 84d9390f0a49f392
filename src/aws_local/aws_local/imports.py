"""Running code around the import of a module, whenever that happens; an interpreter that never imports it pays nothing."""

import sys

_waiting = {}  # module name -> functions still to be called with that module
_instead = {}  # module name -> function that runs the module: function(module, loader)


def after_import(name, function):
    """Calls function(module) as soon as the module `name` is loaded; at once if it is already."""
    if name in sys.modules:
        function(sys.modules[name])
        return
    _watch()
    _waiting.setdefault(name, []).append(function)


def run_import(name, function):
    """Calls function(module, loader) to run the code of the module `name`, where import would have called
    loader.exec_module(module). Too late, and without effect, if the module is loaded already."""
    _watch()
    _instead[name] = function


def _watch():
    if not any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watcher())


class _Watcher(object):
    """A finder that finds nothing itself: it lets the others find a watched module, and watches its loader."""

    def find_spec(self, name, path=None, target=None):
        if name not in _waiting and name not in _instead:
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
    """A module's own loader, with functions run instead of it and after it. All else (source, resources) is the loader's."""

    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        run = _instead.pop(module.__name__, None)
        if run is None:
            self._loader.exec_module(module)
        else:
            run(module, self._loader)
        for function in _waiting.pop(module.__name__, ()):
            function(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)
