/** Every check in its order, and what they come to. */
import { exitCodes } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import { tableColumns, wrap } from '../../base/text.js';
import { platform } from '../../platform/index.js';
import { checkAdapters, checkModule, checkTimestamps, checkTraining, offered, usable } from './adapters.js';
import { checkText, type Check } from './check.js';
import { runProbe, type ProbeOutcome, type RunProbe } from './run-probe.js';
import { checkDisk, checkKmnist, checkSynthetic } from './storage.js';
import { checkBuild, checkNode, checkSystem } from './system.js';
import { checkDevices, checkDrivers, checkLoader } from './vulkan.js';
import { thisMachine, type World } from './world.js';

/** What tests put in the place of this machine and its adapters. */
export interface DoctorWorld {
  readonly machine: World;
  readonly runProbe: RunProbe;
}

/**
 * Tells every check with its evidence, then the verdict.
 * @returns 0 if training would work, 69 if not
 * @throws if the signal was aborted
 */
export async function examine(
  adapter: string | undefined,
  signal: AbortSignal,
  output: Output,
  { machine, runProbe: ask }: DoctorWorld = { machine: thisMachine(), runProbe },
): Promise<number> {
  const checks: Check[] = [];
  const tell = (check: Check | undefined): void => {
    if (check === undefined) return;
    checks.push(check);
    const { name: subject, verdict, found, remedy, facts } = check;
    output.event({ event: 'check', name: subject, verdict, found, remedy: remedy ?? null, ...facts });
    if (verdict === 'ok') output.info(checkText(check));
    else output.result(checkText(check));
  };
  tell(await checkBuild(machine));
  tell(checkNode(machine));
  tell(checkSystem(machine));
  output.live('asking the adapters; a driver may have to compile the shaders first');
  const outcome = await ask(adapter, signal);
  output.clear();
  signal.throwIfAborted();
  const adapters = offered(outcome);
  const module = await checkModule(machine, outcome, platform.versions().webgpu);
  tell(module);
  if (machine.platform === 'linux') {
    const severity = adapters.length > 0 ? 'warning' : 'wrong';
    const hasHardware = adapters.some(({ kind }) => kind !== 'software');
    tell(checkLoader(machine, severity));
    tell(await checkDrivers(machine, severity));
    tell(checkDevices(machine, hasHardware));
  }
  if (module.verdict === 'ok') {
    tell(checkAdapters(machine, outcome));
    tell(checkTraining(outcome));
    tell(checkTimestamps(outcome));
  }
  tell(await checkKmnist(machine));
  tell(checkSynthetic());
  tell(checkDisk(machine));
  return conclude(checks, outcome, output);
}

function conclude(checks: readonly Check[], outcome: ProbeOutcome, output: Output): number {
  const adapter = usable(outcome);
  const namesOf = (verdict: Check['verdict']): string[] =>
    checks.filter((check) => check.verdict === verdict).map(({ name }) => name);
  const [wrong, warnings] = [namesOf('wrong'), namesOf('warning')];
  const exitCode = adapter === undefined ? exitCodes['no-adapter'] : 0;
  output.event({
    event: 'verdict',
    works: adapter !== undefined,
    adapter: adapter?.description ?? null,
    software: adapter?.software ?? null,
    wrong,
    warnings,
    exitCode,
  });
  const list = (what: string, names: readonly string[]): string =>
    names.length === 0 ? '' : `; ${what}: ${names.join(', ')}`;
  const seen = list('wrong', wrong) + list('look at', warnings);
  const answer =
    adapter === undefined
      ? 'training would not work here'
      : `training would work${adapter.software ? ', on a software adapter' : ''}`;
  output.result(`\n${wrap(answer + seen, tableColumns)}`);
  return exitCode;
}
