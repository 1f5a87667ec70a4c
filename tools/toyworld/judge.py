"""An outside judge: a small convolutional classifier of single objects, trained on composites only.

    python judge.py --data DATA --out WORK/judge.pt --minutes 4
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import common
import muon
import scenes
import train_clip
import world


class Judge(nn.Module):
    """Class and background of a picture."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96, 160)) -> None:
        super().__init__()
        layers, before = [], 3
        for width in widths:
            layers += [nn.Conv2d(before, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
                       nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        self.body = nn.Sequential(*layers)
        self.classes = nn.Linear(before * 2, len(world.NAMES))
        self.scenes = nn.Linear(before * 2, len(world.BACKGROUNDS))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of classes and of backgrounds."""
        h = self.body(x)
        h = torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1)
        return self.classes(h), self.scenes(h)


def load(path: Path) -> Judge:
    """A trained judge."""
    judge = Judge()
    judge.load_state_dict(torch.load(path, weights_only=True))
    return judge.eval()


def main() -> None:
    """Trains one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    args.steps = 10**9
    pool = scenes.Pool(args.data / "pool")
    rows = np.flatnonzero((pool.classes[:, 1] < 0) & ~pool.clip_only)
    images = np.array(pool.images[rows])
    labels = torch.from_numpy(pool.classes[rows, 0].astype(np.int64)).to(args.device)
    places = torch.from_numpy(pool.backgrounds[rows].astype(np.int64)).to(args.device)
    judge = Judge().to(args.device).train()
    optimizer = muon.Muon(judge, args.lr, outer=("body.0.", "classes", "scenes"), weight_decay=0.05)
    clock, step, start = common.Clock(args, 50), 0, time.time()
    while clock.tick(step):
        for group in optimizer.param_groups:
            group["lr"] = clock.rate(step)
        pick = np.random.randint(0, len(rows), args.batch)
        x = train_clip.augment(common.pictures(images[pick], args.device))
        with common.autocast(args.device):
            a, b = judge(x)
        loss = F.cross_entropy(a.float(), labels[pick], label_smoothing=0.05) + 0.5 * F.cross_entropy(b.float(), places[pick])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        if step % 100 == 0:
            right = (a.argmax(1) == labels[pick]).float().mean().item()
            print(step, round(time.time() - start), round(loss.item(), 3), round(right, 3), flush=True)
    torch.save(judge.cpu().state_dict(), args.out)


if __name__ == "__main__":
    main()
