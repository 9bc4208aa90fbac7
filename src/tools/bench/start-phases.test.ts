import { describe, expect, it } from 'vitest';
import { startTiming } from './start-phases.js';
import { inventedTiming, inventedTrace, origin } from './testing/start-traces.js';
import { startNotes, startResult, startTable } from './start-table.js';

describe('startTiming', () => {
  it('gives every moment to one phase, and what is between them to the last', () => {
    const timing = startTiming(inventedTrace(), origin - 4);
    expect(timing).toEqual({
      phases: {
        process: 4,
        node: 10,
        commandLine: 6,
        dawn: 5,
        engine: 3,
        adapter: 10,
        data: 3,
        // From 41 to 50, without the two uploads.
        plan: 6,
        upload: 7,
        pipelines: 30,
        step: 11,
        // 1 before each of engine, adapter, data and plan; 80 to 81, and 85 to 90.
        other: 10,
      },
      firstStepMs: 105,
      trainingMs: 134,
      pipelines: 3,
      pipelinesAtOnce: 2,
    });
    const sum = Object.values(timing.phases).reduce((total, ms) => total + ms, 0);
    expect(sum).toBe(timing.firstStepMs);
  });

  it.each([
    ['a mark', { marks: { ...inventedTrace().marks, 'data read': undefined } }, 'data read'],
    ['a submit', { device: { ...inventedTrace().device, submitted: null } }, 'first submit'],
    ['an end', { device: { ...inventedTrace().device, finished: null } }, 'end of the first step'],
    ['pipelines', { device: { ...inventedTrace().device, pipelines: [] } }, 'pipeline'],
  ])('refuses a start without %s', (_, change, message) => {
    const trace = { ...inventedTrace(), ...change } as ReturnType<typeof inventedTrace>;
    expect(() => startTiming(trace, origin)).toThrow(`the start could not be followed: it had no ${message}`);
  });
});

describe('the table', () => {
  const warm = startResult('warm', [inventedTiming(3), inventedTiming(1), inventedTiming(2)]);
  const cold = startResult('cold', [inventedTiming(20), inventedTiming(10)]);

  it('shows the start in the middle, so that the rows add up', () => {
    const lines = startTable([warm, cold]).split('\n');
    expect(lines).toHaveLength(1 + 12 + 2);
    expect(lines[0]).toMatch(/^ +warm, ms +cold, ms$/);
    expect(lines[1]).toMatch(/^process created +2\.0 +\(1\.0-3\.0\) +8 % +10\.0 +\(10\.0-20\.0\) +8 %$/);
    expect(lines[12]).toMatch(/^all between these +2\.0/);
    expect(lines[13]).toMatch(
      /^first training step done +24\.0 +\(12\.0-36\.0\) +100 % +120\.0 +\(120\.0-240\.0\) +100 %$/,
    );
    expect(lines[14]).toMatch(/^training begun +28\.0 +\(14\.0-42\.0\) +140\.0 +\(140\.0-280\.0\)$/);
  });

  it('says how many pipelines, and what a cold start is where there is one', () => {
    const notes = startNotes([warm, cold], 3).join('\n');
    expect(notes).toContain(
      '24 ms with a warm shader cache, 180 ms with a cold shader cache (median of 3 rounds)',
    );
    expect(notes).toContain('10 pipelines compiled, up to 9 at the same time');
    expect(notes).toContain('cold: an empty shader cache for each start');
    expect(startNotes([warm], 3).join('\n')).not.toContain('cold');
  });
});
