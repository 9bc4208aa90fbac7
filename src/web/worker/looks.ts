/** What a network looks like while it trains: weights as pictures, and a confusion matrix. */
import { predict, type Dataset, type NamedParameters } from './library.js';
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
