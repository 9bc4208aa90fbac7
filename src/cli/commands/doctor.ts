/** Says whether training would work on this machine, and what to do where it would not. */
import { defineCommand } from '../command.js';
import { adapter } from '../shared-options.js';
import { examine, type DoctorWorld } from '../../tools/doctor/examine.js';

export function doctor(world?: DoctorWorld) {
  return defineCommand({
    name: 'doctor',
    group: 'trust',
    summary: 'say whether training would work here, and what to do if not',
    about: ['Each line is evidence. Exit code 0: it would work; 69: it would not. Nothing is changed.'],
    options: { adapter },
    quiet: 'only what is not ok, and the last line',
    run: (settings, { signal, output }) => examine(settings.adapter, signal, output, world),
  });
}

export const command = doctor();
