/** Starts that are known beforehand: what tests of their figures are fed with. */
import type { StartTiming, StartTrace } from '../start-phases.js';

/** When the clock of the invented process began. */
export const origin = 1_000_000;

/** A start that takes 101 ms on its own clock to its first step, and 130 until training begins. */
export function inventedTrace(change: Partial<StartTrace> = {}): StartTrace {
  return {
    origin,
    marks: {
      'first line': 10,
      'command line loaded': 16,
      'engine wanted': 17,
      'Dawn loaded': 22,
      'engine loaded': 25,
      'adapter wanted': 26,
      'device opened': 36,
      'data wanted': 37,
      'data read': 40,
      'training asked for': 41,
      'training begun': 130,
    },
    device: {
      uploads: [
        { start: 43, end: 45 },
        { start: 46, end: 47 },
        // While pipelines compile: that time is theirs.
        { start: 60, end: 61 },
        { start: 81, end: 85 },
      ],
      pipelines: [
        { start: 50, end: 70 },
        { start: 51, end: 65 },
        { start: 66, end: 80 },
      ],
      submitted: 90,
      finished: 101,
    },
    adapter: { description: 'a test adapter', software: true },
    ...change,
  };
}

/** A start whose phases all take the same time. */
export function inventedTiming(ms: number, trainingMs = 14 * ms): StartTiming {
  const names = [
    ...(['process', 'node', 'commandLine', 'dawn', 'engine', 'adapter'] as const),
    ...(['data', 'plan', 'upload', 'pipelines', 'step', 'other'] as const),
  ];
  const phases = Object.fromEntries(names.map((name) => [name, ms])) as StartTiming['phases'];
  return { phases, firstStepMs: 12 * ms, trainingMs, pipelines: 10, pipelinesAtOnce: 9 };
}
