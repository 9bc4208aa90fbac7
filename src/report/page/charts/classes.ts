/** Where the selected network is right and what it mixes up, class by class. */
import { percent } from '../../../experiments/format.js';
import { wilsonInterval } from '../wilson.js';
import { frame, labelWidth } from './frame.js';
import type { Chart } from './render.js';
import { chartWidth, shades } from './theme.js';

/** With more classes than this, counts no longer fit into their cells. */
const mostWrittenClasses = 14;

/** @param confusion confusion[actual][predicted], counts */
export function confusionChart(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
): Chart {
  const cells = confusion.flatMap((row, actual) =>
    row.map((count, predicted) => ({
      actual: classNames[actual]!,
      predicted: classNames[predicted]!,
      count,
      right: actual === predicted,
    })),
  );
  const mistakes = cells.filter(({ right, count }) => !right && count > 0);
  const largest = Math.max(1, ...mistakes.map(({ count }) => count));
  const mostRight = Math.max(1, ...cells.filter(({ right }) => right).map(({ count }) => count));
  // Ink stays readable on the strongest shade, on light and on dark ground.
  const strength = ({ right, count }: (typeof cells)[number]): number =>
    right ? 0.12 + 0.28 * (count / mostRight) : 0.6 * (count / largest);
  const axis = { labelAngle: 0, labelColor: shades.ink.light, domain: false, ticks: false, grid: false };
  const left = 34 + labelWidth(classNames);
  const size = chartWidth - left - 6;
  return {
    name: 'confusion',
    description: `Confusion matrix, ${classNames.length} true classes by ${classNames.length} predicted ones; the table of mistakes has its figures.`,
    spec: {
      width: size,
      height: size,
      padding: { left, right: 6, top: 46, bottom: 8 },
      autosize: { type: 'none' },
      data: { values: cells.map((cell) => ({ ...cell, strength: strength(cell) })) },
      encoding: {
        x: {
          field: 'predicted',
          type: 'nominal',
          sort: null,
          axis: { ...axis, orient: 'top', title: 'predicted' },
        },
        y: { field: 'actual', type: 'nominal', sort: null, axis: { ...axis, title: 'true' } },
      },
      layer: [
        {
          mark: { type: 'rect', stroke: shades.ground.light, strokeWidth: 1.5 },
          encoding: {
            fill: {
              condition: { test: 'datum.right', value: shades.good.light },
              value: shades.bad.light,
            },
            fillOpacity: { field: 'strength', type: 'quantitative', scale: null },
          },
        },
        ...(classNames.length > mostWrittenClasses
          ? []
          : [
              {
                transform: [{ filter: 'datum.count > 0' }],
                mark: { type: 'text', fontSize: 10.5 },
                encoding: { text: { field: 'count', type: 'quantitative', format: 'd' } },
              },
            ]),
      ],
    },
  };
}

/** Share of each class's images that are right, with Wilson's 95 % interval. */
export function classAccuracyChart(
  classNames: readonly string[],
  confusion: readonly (readonly number[])[],
  perClassAccuracy: readonly number[],
): Chart {
  const rows = classNames.map((name, index) => {
    const accuracy = perClassAccuracy[index]!;
    const n = confusion[index]!.reduce((sum, count) => sum + count, 0);
    const interval = n === 0 ? { low: 0, high: 0 } : wilsonInterval(confusion[index]![index]!, n);
    return { name, accuracy, ...interval, written: percent(accuracy) };
  });
  const lowest = Math.min(...rows.map(({ low }) => low));
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { labelColor: shades.ink.light, domain: false, ticks: false },
  };
  const x = {
    type: 'quantitative',
    title: null,
    scale: { domain: [Math.floor(lowest * 10) / 10, 1], nice: false, zero: false },
    axis: { format: '.0%', tickCount: 5, grid: true, domain: false, ticks: false },
  };
  return {
    name: 'class-accuracy',
    description: `Accuracy by class: ${rows.map(({ name, written }) => `${name} ${written}`).join(', ')}.`,
    spec: {
      ...frame({
        title: 'Accuracy by class',
        height: rows.length * 28,
        left: 14 + labelWidth(classNames),
        right: 14 + labelWidth(rows.map(({ written }) => written)),
        bottom: 24,
      }),
      data: { values: rows },
      layer: [
        {
          mark: { type: 'rule', stroke: shades.good.light, strokeWidth: 9, opacity: 0.25 },
          encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
        },
        {
          mark: {
            type: 'point',
            shape: 'circle',
            filled: true,
            fill: shades.good.light,
            size: 60,
            opacity: 1,
          },
          encoding: { y, x: { field: 'accuracy', ...x } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 7 },
          encoding: { y, x: { value: 'width' }, text: { field: 'written', type: 'nominal' } },
        },
      ],
    },
  };
}
