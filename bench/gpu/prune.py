"""Takes what isn't there out of the lists of files (*.deps.json) of a published folder. Usage: prune.py FOLDER"""

import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
for path in folder.glob("*.deps.json"):
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    for target in document["targets"].values():
        for library in target.values():
            for kind in ("runtime", "native", "resources", "runtimeTargets"):
                files = library.get(kind)
                if files is None:
                    continue
                library[kind] = {
                    name: what
                    for name, what in files.items()
                    if any((folder / place).exists() for place in (name, Path(name).name, f"{what.get('locale', '.')}/{Path(name).name}"))
                }
    path.write_text(json.dumps(document), encoding="utf-8")
