import type { TrainConfig } from './settings.js';

/**
 * What the learning rate is multiplied with in an epoch, in f64; 1 without schedule and warm-up.
 *
 * With W epochs of warm-up of E, epoch e counted from 0, and k = e − W of the K = E − W epochs after it:
 *
 *   e < W     (e + 1) / (W + 1)        LinearLR(start_factor=1/(W+1), total_iters=W), then, in SequentialLR,
 *   constant  1
 *   cosine    (1 + cos(π k / K)) / 2   CosineAnnealingLR(T_max=K)
 *   linear    1 − k / K                LinearLR(start_factor=1, end_factor=0, total_iters=K)
 *   step      1; 0.1 from K/2 on; 0.01 from 3K/4 on
 *                                      MultiStepLR(milestones=[⌈K/2⌉, ⌈3K/4⌉], gamma=0.1)
 *
 * The names are those of PyTorch's `torch.optim.lr_scheduler`, each stepped once per epoch.
 * @param epoch from 1
 */
export function learningRateFactor(
  { lrSchedule, warmup, epochs }: Pick<TrainConfig, 'lrSchedule' | 'warmup' | 'epochs'>,
  epoch: number,
): number {
  if (epoch <= warmup) return epoch / (warmup + 1);
  const share = (epoch - 1 - warmup) / (epochs - warmup);
  switch (lrSchedule) {
    case 'constant':
      return 1;
    case 'cosine':
      return (1 + Math.cos(Math.PI * share)) / 2;
    case 'linear':
      return 1 - share;
    case 'step':
      return share < 0.5 ? 1 : share < 0.75 ? 0.1 : 0.01;
  }
}
