"""Runs the benches named on the command line, or all of them; options, as in `search --entries=1000`, are for the benches."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
import sys
from types import ModuleType

import bench

OPTIONS = [argument for argument in sys.argv[1:] if argument.startswith("-")]


def main(names: list[str]) -> int:
    """Run them one after the other. Returns 1 when one of them missed a target, 2 for an unknown name."""
    known = benches()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no bench is called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    missed = [name for name in names or known if not _is_met(name, known[name])]
    if missed:
        print(f"missed a target: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def benches() -> dict[str, ModuleType]:
    """The modules of this folder that have a `main()`, by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(bench.__path__) if not found.name.startswith("_"))
    modules = {name: importlib.import_module(f"bench.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def _is_met(name: str, module: ModuleType) -> bool:
    print(f"\n== {name}\n", flush=True)
    # A bench reads what options it has from here.
    sys.argv = [f"python -m bench {name}", *OPTIONS]
    result = asyncio.run(module.main()) if inspect.iscoroutinefunction(module.main) else module.main()
    return not result


if __name__ == "__main__":
    raise SystemExit(main([name for name in sys.argv[1:] if name not in OPTIONS]))
