/** Where the units of a run stand. */
import { alignedTable } from '../../base/text.js';
import { defineCommand } from '../command.js';
import { runWord } from '../shared-options.js';
import { unitsOfRun } from '../train/config.js';
import { unitStates, type UnitStand, type UnitState } from '../unit-states.js';

export const command = defineCommand({
  name: 'status',
  group: 'results',
  summary: 'where the units of a run stand: waiting, begun, done, diverged, failed',
  words: [runWord],
  options: {},
  quiet: 'the counts only',
  run: ({ words, quiet }, { output }) => {
    const { directory, units } = unitsOfRun(words[0]!);
    const states = unitStates(directory, units);
    for (const state of states) output.event({ event: 'unit', ...state });
    if (!quiet) output.result(alignedTable(states.map(rowOf), { left: [1, 2] }));
    const counts = countsOf(states);
    const said = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
    output.result(`${directory}: ${units} ${units === 1 ? 'unit' : 'units'}, ${said.join(', ')}`);
    output.event({ event: 'status', path: directory, units, ...counts });
    return 0;
  },
});

function countsOf(states: readonly UnitState[]): Readonly<Record<UnitStand, number>> {
  const counts = { waiting: 0, begun: 0, done: 0, diverged: 0, failed: 0 };
  for (const { state } of states) counts[state]++;
  return counts;
}

function rowOf({ unit, state, epoch, host, pid, since, diverged, error }: UnitState): string[] {
  const at = epoch === null ? '' : `epoch ${epoch}`;
  const details = {
    waiting: at,
    begun: `${host ?? 'here'}, process ${pid}, since ${since}${at === '' ? '' : `, ${at}`}`,
    done: '',
    diverged: `${diverged} of its trainings`,
    failed: [error, host === null ? '' : `on ${host}`, at].filter((part) => part !== '').join(', '),
  };
  return [String(unit), state, details[state]];
}
