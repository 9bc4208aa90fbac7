/** What a network looks like while it trains: weights as pictures, and a confusion matrix. */
import { EngineError, predict, type Dataset, type NamedParameters, type Training } from '../../browser.js';
import type { Confusion, Look } from '../protocol.js';
import type { Device } from './device.js';

/** Units that are shown; more cannot be told apart. */
const mostUnits = 32;

/** Images that a confusion matrix of a training under way counts: enough to see it move. */
const mostImages = 500;

/** The weights of the first units, each as an image; none where the network takes no images. */
export function unitsOf(
  parameters: NamedParameters,
  { rows, columns }: Dataset,
): Pick<Look, 'weights' | 'units' | 'rows' | 'columns'> {
  const { shape, data } = parameters.get('layer0.weight')!;
  const [inputs, outputs] = shape as [number, number];
  const units = rows > 1 && columns > 1 && inputs === rows * columns ? Math.min(mostUnits, outputs) : 0;
  const weights = new Float32Array(units * inputs);
  for (let unit = 0; unit < units; unit++)
    for (let i = 0; i < inputs; i++) weights[unit * inputs + i] = data[i * outputs + unit]!;
  return { weights, units, rows, columns };
}

/** What a network takes the first test images for. */
export async function confusionOf(
  device: Device,
  parameters: NamedParameters,
  { rows, columns, classNames, test }: Dataset,
): Promise<Confusion> {
  const count = Math.min(mostImages, test.count);
  const images = test.pixels.subarray(0, count * rows * columns);
  const { classes } = await device.use((gpu) => predict(gpu, parameters, images));
  const counts = classNames.map(() => new Array<number>(classNames.length).fill(0));
  classes.forEach((predicted, i) => counts[test.labels[i]!]![predicted]!++);
  return { classNames, counts };
}

/** Least time between two looks at the weights, and how many times as long as a look itself. */
const lookMs = 400;
const pauseShare = 4;
/** Longer than this nobody waits: what a look takes at first, it compiles shaders. */
const longestPauseMs = 1500;

export interface Watching {
  readonly device: Device;
  readonly training: Training;
  readonly dataset: Dataset;
  /** When the training is over, however. */
  readonly ended: Promise<true>;
  /** The trial that is watched now. */
  readonly watched: () => number;
  readonly tell: (look: Look) => void;
  /** Takes the weights of a trial; `isNew`: they are the first since it is watched. */
  readonly offer: (trial: number, parameters: NamedParameters, epoch: number, isNew: boolean) => void;
}

/** Looks at a training as often as that does not slow it down by much. */
export async function watchTraining(watching: Watching): Promise<void> {
  const { device, training, dataset, ended, watched, tell, offer } = watching;
  let [seen, confused] = ['', ''];
  for (let pause = lookMs; (await Promise.race([ended, sleep(pause)])) !== true;) {
    const trial = watched();
    const start = performance.now();
    try {
      const { epoch, step, parameters } = await training.weights(trial, 'step');
      const stand = `${trial} ${epoch} ${step}`;
      if (seen === stand) continue;
      offer(trial, parameters, epoch, !seen.startsWith(`${trial} `));
      seen = stand;
      const isDue = epoch > 0 && confused !== `${trial} ${epoch}`;
      const confusion = isDue ? await confusionOf(device, parameters, dataset) : null;
      if (isDue) confused = `${trial} ${epoch}`;
      tell({ trial, epoch, step, ...unitsOf(parameters, dataset), confusion });
    } catch (error) {
      // A trial that diverged has no weights; the training itself tells of what went wrong.
      if (!(error instanceof EngineError)) throw error;
    }
    pause = Math.min(longestPauseMs, Math.max(lookMs, pauseShare * (performance.now() - start)));
  }
}

function sleep(ms: number): Promise<null> {
  return new Promise((done) => {
    setTimeout(() => {
      done(null);
    }, ms);
  });
}
