import { describe, expect, test } from 'vitest';
import { figure, profileText } from './profile-text.js';
import { profileRecord } from './profile-record.js';
import { noStepTimes } from './times.js';
import { trial } from '../train/testing/trials.js';
import { ceilings, inventedGroup, inventedSampled } from './testing/invented.js';

const group = inventedGroup();
const record = profileRecord(group, ceilings);
const lines = profileText(record).split('\n');

/** The lines of the table whose heading ends so, without the heading. */
function table(heading: RegExp): string[] {
  const start = lines.findIndex((line) => heading.test(line)) + 1;
  const end = lines.findIndex((line, i) => i >= start && line === '');
  return lines.slice(start, end);
}

describe('profileText', () => {
  test('a row for each kernel and op, then what lies between, then the whole', () => {
    const kernels = table(/kernel$/);
    expect(kernels).toHaveLength(record.kernels.length + 2);
    record.kernels.forEach(({ name, count }, i) => {
      expect(kernels[i]).toContain(`  ${name}`);
      expect(kernels[i]).toContain(` ${count} `);
    });
    const ops = table(/op, in order .*kernel .*grid$/);
    expect(ops).toHaveLength(record.ops.length + 2);
    record.ops.forEach(({ name, kernel }, i) => {
      expect(ops[i]).toMatch(new RegExp(`  ${name} +${kernel.replace('.', '\\.')} `));
    });
    for (const rows of [kernels, ops]) {
      expect(rows.at(-2)).toMatch(/between dispatches$/);
      expect(rows.at(-1)).toMatch(/^ *100 % .*step, all together$/);
    }
  });

  test('columns are aligned', () => {
    const column = (line: string): number => line.search(/ {2}[^ ]*$/);
    const rows = table(/kernel$/).slice(0, record.kernels.length);
    expect(new Set(rows.map(column)).size).toBe(1);
  });

  test('ceilings, the pace with and without watching, and memory by tensor', () => {
    const text = lines.join('\n');
    for (const part of [
      'ceilings measured in this run: 50.0 GFLOP/s multiply-adds only, 10.0 GB/s copying',
      'unwatched  every dispatch timed',
      'layer0.weight 256 B',
      "by the adapter's",
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/steps\/s by the clock +250 +200\n/);
    expect(text).toMatch(/pause between submits, mean µs +2000 +2000\n/);
  });

  test('a pace of milliseconds, and what passes of their own cost, are told', () => {
    const told = (usual: object, watched: object): string => {
      const pace = { ...group.pace, ...usual };
      const watchedPace = { ...group.watchedPace!, ...watched };
      return profileText(profileRecord({ ...group, pace, watchedPace }, ceilings)).replaceAll(/\s+/g, ' ');
    };
    const fast = { steps: 300, wallMs: 52, busyMs: 17.2 };
    const text = told(fast, { steps: 300, wallMs: 65, busyMs: 30.4 });
    expect(text).toContain('The unwatched 300 steps took 52.0 ms');
    expect(text).toContain('--steps 20000 shows the pace of a long training');
    expect(text).toContain('take 101 µs of the adapter, else 57.3: each then has a pass of its own');
    expect(told({ ...fast, wallMs: 18 }, { steps: 300, busyMs: 20 })).not.toContain('unwatched 300');
    expect(told({ ...fast, wallMs: 400 }, { steps: 300, busyMs: 20 })).not.toMatch(
      /unwatched 300|one by one/,
    );
    expect(told({ ...fast, busyMs: null }, { busyMs: 20 })).not.toMatch(/unwatched 300|one by one/);
  });

  test('a training has one pace, and its evaluations', () => {
    const text = profileText(profileRecord(inventedSampled(), ceilings));
    expect(text).toContain('this training');
    expect(text).not.toContain('unwatched');
    expect(text).toContain('evaluations: 2, 2.00 ms of the adapter each, 10 % of the training');
  });

  test('without timestamps it says so, where the times are', () => {
    const pace = { ...group.pace, busyMs: null, gaps: null };
    const text = profileText(profileRecord({ ...group, clock: 'wall', pace }, ceilings));
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      "by the host's clock: no timestamps, so every dispatch was submitted and waited for alone",
    );
    expect(text).not.toContain('between dispatches');
    expect(text).toMatch(/adapter: µs per step +- +3000\n/);
    expect(text, 'of watched steps the host knows only the whole').toMatch(/host: encode, .* +100 +-\n/);
  });

  test('dispatches that were left out are told', () => {
    const times = { ...group.times, invalid: 3 };
    expect(profileText(profileRecord({ ...group, times }, ceilings))).toContain('3 dispatches are left out');
    expect(lines.join('\n')).not.toContain('left out');
  });

  test('nothing timed, and many trials: no undefined, no NaN, no Infinity', () => {
    const trials = Array.from({ length: 5 }, (_, seed) => trial({}, seed, `variant ${seed}`));
    const empty = { ...inventedGroup(trials), times: noStepTimes(group.plan.dispatches.length) };
    const text = profileText(profileRecord(empty, ceilings));
    expect(text).not.toMatch(/undefined|NaN|Infinity|null/);
    expect(text).toContain('5 variants: batches of 4, 5 trials side by side; 0 steps timed');
  });

  test('lines other than the tables of kernels fit a page', () => {
    for (const line of lines) {
      if (/(kernel|grid|\dx\d+|dispatches|together)$|subgroup8|_/.test(line)) continue;
      expect(line.length).toBeLessThanOrEqual(100);
    }
  });
});

test.each([
  [0, '0'],
  [0.01234, '0.012'],
  [1.2345, '1.23'],
  [12.345, '12.3'],
  [123.45, '123'],
  [1234567, '1234567'],
])('figure(%s) is %s', (value, expected) => {
  expect(figure(value)).toBe(expected);
});
