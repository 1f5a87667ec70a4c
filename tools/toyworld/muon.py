"""Muon for the inner weight matrices and AdamW for the rest: fewer steps to the same loss, which is what a CPU lacks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


def orthogonal(g: Tensor, steps: int = 5) -> Tensor:
    """The nearest (semi-)orthogonal matrix, roughly, by Newton-Schulz iteration in bfloat16."""
    x = g.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.T if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Updates are scaled to AdamW's size, so both kinds of parameters share one learning rate."""

    def __init__(self, model: nn.Module, lr: float, outer: Sequence[str] = ("conv_in", "conv_out", "embedding"), weight_decay: float = 0.01) -> None:
        inner: list[Tensor] = []
        rest: list[Tensor] = []
        for name, p in model.named_parameters():
            if p.requires_grad:
                matrix = p.ndim >= 2 and min(p.shape[0], p[0].numel()) > 8 and not any(o in name for o in outer)
                (inner if matrix else rest).append(p)
        super().__init__([{"params": inner, "muon": True}, {"params": rest, "muon": False}],
                         {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            for p in params:
                if not self.state[p]:
                    self.state[p] = {"step": torch.zeros(()), "first": torch.zeros_like(p)}
                    if not group["muon"]:
                        self.state[p]["second"] = torch.zeros_like(p)
                self.state[p]["step"] += 1
            (self.muon if group["muon"] else self.adam)(group, params)

    def muon(self, group: dict[str, Any], params: list[Tensor]) -> None:
        """Momentum 0.95, orthogonalised."""
        grads, first = [p.grad for p in params], [self.state[p]["first"] for p in params]
        torch._foreach_lerp_(first, grads, 0.05)
        torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
        for p, g, m in zip(params, grads, first):
            u = orthogonal(torch.lerp(g, m, 0.95).reshape(p.shape[0], -1))
            p.add_(u.view_as(p), alpha=-group["lr"] * 0.2 * max(u.shape) ** 0.5)

    def adam(self, group: dict[str, Any], params: list[Tensor]) -> None:
        """Adam with betas 0.9 and 0.99."""
        grads = [p.grad for p in params]
        first, second = ([self.state[p][k] for p in params] for k in ("first", "second"))
        torch._foreach_lerp_(first, grads, 0.1)
        torch._foreach_mul_(second, 0.99)
        torch._foreach_addcmul_(second, grads, grads, 0.01)
        k = self.state[params[0]]["step"].item()
        root = torch._foreach_div(second, 1 - 0.99 ** k)
        torch._foreach_sqrt_(root)
        torch._foreach_add_(root, 1e-8)
        torch._foreach_addcdiv_(params, first, root, -group["lr"] / (1 - 0.9 ** k))
