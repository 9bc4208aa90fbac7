/** scripts/doctor.js: says whether training would work on this machine, with evidence, and what to do where it would not. */
import { exitCodes } from '../../base/errors.js';
import { parseArguments, type OptionSpec } from '../arguments.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import {
  checkAdapters,
  checkModule,
  checkTimestamps,
  checkTraining,
  offered,
  usable,
} from '../../tools/doctor/adapters.js';
import { checkText, type Check } from '../../tools/doctor/check.js';
import { runProbe, type ProbeOutcome, type RunProbe } from '../../tools/doctor/run-probe.js';
import { checkDisk, checkKmnist, checkSynthetic } from '../../tools/doctor/storage.js';
import { checkBuild, checkNode, checkSystem } from '../../tools/doctor/system.js';
import { checkDevices, checkDrivers, checkLoader } from '../../tools/doctor/vulkan.js';
import { thisMachine, type World } from '../../tools/doctor/world.js';
import { helpText } from '../help.js';
import { commandOutput, type Output } from '../output.js';
import { name } from '../values.js';
import { versions } from '../../platform/version.js';
import { wrap } from '../../base/wrap.js';

export const doctorOptions: readonly OptionSpec[] = [
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people on stderr' },
  { flag: '--quiet', value: null, help: 'only what is not ok, and the last line' },
  { flag: '--help', value: null, help: 'this text' },
];

const purpose = `Says whether training would work on this machine, with evidence, and what to do
where it would not. Exit code 0: it would; 69: it would not. Nothing is changed.`;

/** What tests put in the place of this machine and its adapters. */
export interface DoctorWorld {
  readonly machine: World;
  readonly runProbe: RunProbe;
}

/** @returns 0 if training would work, 69 if not; never throws */
export function doctorCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  world?: DoctorWorld,
): Promise<number> {
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(doctorOptions, argv, 'node scripts/doctor.js --help');
    const adapter = given.get('--adapter');
    if (adapter !== undefined) name('--adapter', adapter);
    if (given.has('--help')) {
      output.result(helpText(`node scripts/doctor.js [options]\n\n${purpose}`, doctorOptions));
      return 0;
    }
    return examine(adapter, signal, output, world ?? { machine: thisMachine(), runProbe });
  });
}

async function examine(
  adapter: string | undefined,
  signal: AbortSignal,
  output: Output,
  { machine, runProbe: ask }: DoctorWorld,
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
  if (signal.aborted) throw interrupted();
  for (const check of await adapterChecks(machine, outcome)) tell(check);
  tell(await checkKmnist(machine));
  tell(checkSynthetic());
  tell(checkDisk(machine));
  return conclude(checks, outcome, output);
}

async function adapterChecks(machine: World, outcome: ProbeOutcome): Promise<(Check | undefined)[]> {
  const adapters = offered(outcome);
  const severity = adapters.length > 0 ? 'warning' : 'wrong';
  const vulkan =
    machine.platform === 'linux'
      ? [
          checkLoader(machine, severity),
          await checkDrivers(machine, severity),
          checkDevices(
            machine,
            adapters.some(({ kind }) => kind !== 'software'),
          ),
        ]
      : [];
  const module = await checkModule(machine, outcome, versions().webgpu);
  if (module.verdict !== 'ok') return [module, ...vulkan];
  return [
    module,
    ...vulkan,
    checkAdapters(machine, outcome),
    checkTraining(outcome),
    checkTimestamps(outcome),
  ];
}

function conclude(checks: readonly Check[], outcome: ProbeOutcome, output: Output): number {
  const adapter = usable(outcome);
  const wrong = checks.filter(({ verdict }) => verdict === 'wrong').map((check) => check.name);
  const warnings = checks.filter(({ verdict }) => verdict === 'warning').map((check) => check.name);
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
  output.result(`\n${wrap(answer + seen, 80)}`);
  return exitCode;
}
