/** The selected network: its mistakes, how far to trust its probabilities, what its first layer sees. */
import { mostConfused } from '../../../experiments/measures.js';
import { decimal, percent, points } from '../../../experiments/format.js';
import { answersOf, calibrate, calibrationBins, mostConfidentMistakes, type Answer } from '../calibration.js';
import { confidenceChart, reliabilityChart } from '../charts/calibration.js';
import { classAccuracyChart, confusionChart } from '../charts/classes.js';
import { figures, section, type ChartBook, type Section } from '../document.js';
import { html, table } from '../html.js';
import { imageUri, pngUri, weightSheet } from '../pictures.js';
import type { RunReport, TestPredictions } from '../types.js';

/** As many mistakes as fit a screen. */
const shownMistakes = 40;
const shownPairs = 10;

export async function network(report: RunReport, book: ChartBook): Promise<Section[]> {
  const { summary, test } = report;
  const { classNames } = summary.selected;
  const answers = test && answersOf(test.labels, test.probabilities, classNames.length);
  return [
    await classes(report, book),
    mistakes(classNames, test, answers),
    await calibration(answers, book),
    firstLayer(report),
  ].filter((part) => part !== null);
}

async function classes({ summary }: RunReport, book: ChartBook): Promise<Section> {
  const { classNames, confusion, variant, seed, test } = summary.selected;
  const of = (actual: number): number => confusion[actual]!.reduce((sum, count) => sum + count, 0);
  return section(
    'classes',
    'Class by class',
    html`<p>
      The selected network (${variant}, seed ${seed}) on the test set: ${percent(test.accuracy, 2)} right,
      loss ${decimal(test.loss)}.
    </p>`,
    await figures(book, [
      [
        confusionChart(classNames, confusion),
        'Test images by true class (rows) and answer (columns). Orange: mistakes, stronger where there are more.',
      ],
      [
        classAccuracyChart(classNames, confusion),
        'Share of each class that is right; the bar is the 95 % interval (Wilson 1927).',
      ],
    ]),
    table(
      'The pairs mixed up most often',
      [
        ['true', ({ actual }) => classNames[actual]!],
        ['taken for', ({ predicted }) => classNames[predicted]!, 'left'],
        ['images', ({ count }) => String(count)],
        ['of the class', ({ actual, count }) => percent(count / of(actual))],
      ],
      mostConfused(confusion, shownPairs),
    ),
  );
}

function mistakes(
  classNames: readonly string[],
  test: TestPredictions | null,
  answers: readonly Answer[] | null,
): Section | null {
  if (test === null || answers === null) return null;
  const shown = mostConfidentMistakes(answers, shownMistakes);
  if (shown.length === 0) return section('mistakes', 'Mistakes', html`<p>No test image is misjudged.</p>`);
  const total = answers.filter(({ label, predicted }) => label !== predicted).length;
  return section(
    'mistakes',
    'Most confident mistakes',
    html`<p>
      ${shown.length} of ${total} mistakes, those the network was surest of: the true class, its answer, and
      the probability it gave that answer.
    </p>`,
    html`<div class="mistakes">
      ${shown.map(({ image, label, predicted, confidence }) => {
        const [actual, answer] = [classNames[label]!, classNames[predicted]!];
        const uri = imageUri(test.images, test.rows, test.columns, image);
        return html`<figure>
          <img
            src="${uri}"
            width="${test.columns}"
            height="${test.rows}"
            alt="test image ${image}: ${actual}, taken for ${answer}"
          />
          <figcaption>
            <strong>${actual}</strong> → ${answer}
            <span class="quiet">${percent(confidence, 2)}</span>
          </figcaption>
        </figure>`;
      })}
    </div>`,
    test.attribution === undefined ? null : html`<p class="quiet">${test.attribution}</p>`,
  );
}

async function calibration(answers: readonly Answer[] | null, book: ChartBook): Promise<Section | null> {
  if (answers === null || answers.length === 0) return null;
  const found = calibrate(answers);
  const { expectedError, largestError, overconfidence } = found;
  const direction = overconfidence > 0 ? 'too sure of itself' : 'too careful';
  return section(
    'calibration',
    'Calibration',
    html`<p>
      Do its probabilities mean what they say? Expected calibration error
      <strong>${percent(expectedError, 2)}</strong>, largest error of a bin ${percent(largestError, 1)}. On
      average the network is ${points(Math.abs(overconfidence), 2)} ${direction}.
    </p>`,
    await figures(book, [
      [
        reliabilityChart(found),
        'On the dashed line, confidence and share of right answers are equal. Below it the network is too sure. Larger dots hold more images.',
      ],
      [confidenceChart(found), 'Confidence is the probability of the answer given.'],
    ]),
    html`<p class="quiet">
      ${calibrationBins} bins of equal width; the error is the mean over all images of |share right − mean
      confidence| of their bin (Guo et al. 2017, equation 3).
    </p>`,
  );
}

function firstLayer({ firstLayer: layer, test }: RunReport): Section | null {
  if (layer === null) return null;
  const inputs = layer.weights.length / layer.outputs;
  const side = Math.sqrt(inputs);
  const [rows, columns] = test === null ? [side, side] : [test.rows, test.columns];
  if (rows * columns !== inputs || !Number.isInteger(rows)) return null;
  const { raster, shown, outputs, limit } = weightSheet(layer.weights, layer.outputs, rows, columns);
  const units = shown === outputs ? `All ${outputs} units` : `The ${shown} strongest of ${outputs} units`;
  return section(
    'first-layer',
    'First layer',
    html`<p>
      ${units} of the first layer, each as the image of its ${inputs} weights, the largest weights (by sum of
      squares) first. Red is positive, blue negative; full colour is ±${decimal(limit)} or more.
    </p>`,
    html`<img
      class="sheet"
      src="${pngUri(raster)}"
      width="${raster.width}"
      height="${raster.height}"
      alt="${units} of the first layer as images of their weights"
    />`,
  );
}
