import { unpackParameter } from '../model/index.js';
import { platform } from '../platform/index.js';
import { firstOverflow } from './divergence.js';
import type { GroupContext } from './group-context.js';
import { kernelsOf } from './describe.js';
import type { GroupPlan } from './plan-training.js';
import { score } from './trial-run.js';
import type { TrialResult } from './types.js';
import type { Workspace } from './workspace.js';

/**
 * Puts the kept weights back and measures them on the test set. Trials that have diverged are left out, and
 * so is one whose test losses are not finite: from here on it counts as diverged, too.
 * @returns one result per run, in their order; null for those that have diverged
 * @throws the first error of the GPU
 */
export async function conclude({ group, workspace, runs }: GroupContext): Promise<(TrialResult | null)[]> {
  const sound = runs.filter(({ diverged }) => diverged === null).map(({ index }) => index);
  if (sound.length === 0) return runs.map(() => null);
  workspace.writeTrials(sound);
  workspace.submit('kept weights', (encoder) => {
    workspace.state.encodeRestoreParameters(encoder, sound);
  });
  await workspace.evaluate('test', sound.length);
  const { sizes } = group;
  const readback = await workspace.read();
  const confusions = await workspace.readConfusion();
  const kernels = kernelsOf(group);
  const results: (TrialResult | null)[] = [];
  for (const run of runs) {
    const tested = readback.evaluation[run.index]!.slice(sizes.validationSteps).slice(0, sizes.testSteps);
    const batch = firstOverflow(tested);
    if (run.diverged === null && batch !== null)
      run.diverged = { epoch: run.keptEpoch, part: 'test', batch, places: [] };
    if (run.diverged !== null) {
      results.push(null);
      continue;
    }
    const confusion = confusions[run.index]!;
    const steps = run.history.length * sizes.trainSteps;
    results.push({
      trial: run.trial,
      history: run.history,
      stopped: run.stopped ?? 'completed',
      best: run.watch.best,
      test: score(tested, sizes.test),
      confusion,
      perClassAccuracy: confusion.map((row, actual) => {
        const count = row.reduce((sum, each) => sum + each, 0);
        return count === 0 ? null : row[actual]! / count;
      }),
      seconds: run.seconds,
      stepsPerSecond: steps / run.seconds,
      weightsSha256: await hashWeights(workspace, group, run.index),
      kernels,
    });
  }
  return results;
}

/** sha256 over all parameters in order, as little-endian f32 without padding. */
async function hashWeights(workspace: Workspace, group: GroupPlan, index: number): Promise<string> {
  const slice = await workspace.state.readParameters(index);
  const { parameters } = group.training.graph;
  return platform.sha256(...parameters.map((parameter) => unpackParameter(parameter, slice)));
}
