/** Where the selected network is right and what it mixes up, class by class. */
import { percent } from '../../../experiments/format.js';
import { wilsonInterval } from '../wilson.js';
import { labelWidth, names, numbers } from './frame.js';
import type { Chart } from './render.js';
import { dots, rangeBars, rowChart, writtenBeside } from './rows.js';
import { chartWidth, shades } from './theme.js';

/** With more classes than this, counts no longer fit into their cells. */
const mostWrittenClasses = 14;

/** @param confusion confusion[actual][predicted], counts */
export function confusionChart(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
): Chart {
  const axis = { labelAngle: 0, labelColor: shades.ink.light, domain: false, ticks: false, grid: false };
  const left = 34 + labelWidth(classNames);
  const size = chartWidth - left - 6;
  const counts = {
    transform: [{ filter: 'datum.count > 0' }],
    mark: { type: 'text', fontSize: 10.5 },
    encoding: { text: numbers('count', { format: 'd' }) },
  };
  return {
    name: 'confusion',
    description:
      `Confusion matrix, ${classNames.length} true classes by ${classNames.length} predicted ones; ` +
      'the table of mistakes has its figures.',
    spec: {
      width: size,
      height: size,
      padding: { left, right: 6, top: 46, bottom: 8 },
      autosize: { type: 'none' },
      data: { values: cellsOf(classNames, confusion) },
      encoding: {
        x: names('predicted', { sort: null, axis: { ...axis, orient: 'top', title: 'predicted' } }),
        y: names('actual', { sort: null, axis: { ...axis, title: 'true' } }),
      },
      layer: [
        {
          mark: { type: 'rect', stroke: shades.ground.light, strokeWidth: 1.5 },
          encoding: {
            fill: { condition: { test: 'datum.right', value: shades.good.light }, value: shades.bad.light },
            fillOpacity: numbers('strength', { scale: null }),
          },
        },
        ...(classNames.length > mostWrittenClasses ? [] : [counts]),
      ],
    },
  };
}

/** The cells of the matrix. Ink stays readable on the strongest shade, on light and on dark ground. */
function cellsOf(classNames: readonly string[], confusion: readonly (readonly number[])[]): object[] {
  const cells = confusion.flatMap((row, actual) =>
    row.map((count, predicted) => ({
      actual: classNames[actual]!,
      predicted: classNames[predicted]!,
      count,
      right: actual === predicted,
    })),
  );
  const largest = (isRight: boolean): number =>
    Math.max(1, ...cells.filter(({ right }) => right === isRight).map(({ count }) => count));
  const [mostRight, mostWrong] = [largest(true), largest(false)];
  return cells.map((cell) => ({
    ...cell,
    strength: cell.right ? 0.12 + 0.28 * (cell.count / mostRight) : 0.6 * (cell.count / mostWrong),
  }));
}

/**
 * Share of each class's images that are right, with Wilson's 95 % interval; of the classes that have images.
 */
export function classAccuracyChart(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
): Chart {
  const rows = classNames.flatMap((label, index) => {
    const n = confusion[index]!.reduce((sum, count) => sum + count, 0);
    if (n === 0) return [];
    const right = confusion[index]![index]!;
    return [{ label, accuracy: right / n, ...wilsonInterval(right, n), written: percent(right / n) }];
  });
  const lowest = Math.min(...rows.map(({ low }) => low));
  return rowChart({
    name: 'class-accuracy',
    description: `Accuracy by class: ${rows.map(({ label, written }) => `${label} ${written}`).join(', ')}.`,
    title: 'Accuracy by class',
    labels: rows.map(({ label }) => label),
    rowHeight: 28,
    written: rows.map(({ written }) => written),
    scale: { domain: [Math.floor(lowest * 10) / 10, 1], nice: false, zero: false },
    axis: { format: '.0%', tickCount: 5, grid: true },
    layers: [
      rangeBars(rows, { stroke: shades.good.light, strokeWidth: 9, opacity: 0.25 }),
      dots(rows, 'accuracy', { fill: shades.good.light, size: 60, opacity: 1 }),
      writtenBeside(rows),
    ],
  });
}
