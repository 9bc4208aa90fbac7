/** What the probe's answers mean: native module, adapters, steps with known results, timestamps. */
import { join } from 'node:path';
import { openedInstead } from '../../gpu/listing.js';
import type { SurveyedAdapter } from '../../gpu/survey.js';
import { about, type Check } from './check.js';
import type { Fault } from '../../check/known-answer.js';
import type { Answers, Stage, Timestamps } from './probe.js';
import type { ProbeOutcome } from './run-probe.js';
import { installRemedy } from './vulkan.js';
import type { World } from './world.js';

function find<S extends Stage>({ records }: ProbeOutcome, stage: S): Answers[S] | undefined {
  return records.find((record) => record.stage === stage) as Answers[S] | undefined;
}

/** The adapters that Dawn hands out. */
export function offered(outcome: ProbeOutcome): readonly SurveyedAdapter[] {
  return find(outcome, 'listed')?.adapters.filter(({ description }) => description !== null) ?? [];
}

/** The adapter that training would use, if training on it would work. */
export function usable(outcome: ProbeOutcome): Answers['opened'] | undefined {
  const answer = find(outcome, 'known-answer');
  return answer?.faults.length === 0 ? find(outcome, 'opened') : undefined;
}

/** Whether the native module of `webgpu` loads; if not, scripts/lib/find-adapter.js knows why. */
export async function checkModule(world: World, outcome: ProbeOutcome, version: string): Promise<Check> {
  if (find(outcome, 'loaded') !== undefined) return about('webgpu', { version }).ok(`${version} loads`);
  const lines = outcome.stderr.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0] ?? howItEnded(outcome);
  return about('webgpu', { version, reason }).wrong(
    [`${version} does not load`, reason],
    (await explanation(world)) ?? './scripts/setup.sh, which installs the packages again',
  );
}

/** The last line of set-up's own probe, which explains the failure; undefined if it does not fail. */
async function explanation({ ask, project }: World): Promise<string | undefined> {
  // `ask` gives the output of what succeeds, so its failure is turned round.
  const program = `
    import { spawnSync } from 'node:child_process';
    const run = spawnSync(process.execPath, [process.argv[1]], { encoding: 'utf8' });
    if (run.status === 2) console.log(run.stderr.trim().split('\\n').at(-1));`;
  const script = join(project, 'scripts', 'lib', 'find-adapter.js');
  const answer = await ask(process.execPath, ['--input-type=module', '-e', program, script]);
  return answer?.trim() === '' ? undefined : answer?.trim();
}

function howItEnded({ exitCode, signal }: ProbeOutcome): string {
  if (signal !== null) return `the process was ended by ${signal}`;
  return exitCode === null
    ? 'it took longer than three minutes'
    : `the process ended with status ${exitCode}`;
}

/** Every adapter that Dawn offers. */
export function checkAdapters(world: World, outcome: ProbeOutcome): Check {
  const listed = find(outcome, 'listed');
  const adapters = listed?.adapters ?? [];
  const check = about('adapters', { adapters });
  const remedy = adapterRemedy(world);
  if (listed === undefined) return check.wrong(`asking for them failed: ${howItEnded(outcome)}`, remedy);
  if (adapters.length === 0) return check.wrong('none', remedy);
  const found = adapters.flatMap(describe);
  return offered(outcome).length === 0 ? check.wrong(found, remedy) : check.ok(found);
}

function adapterRemedy({ env, platform }: World): string {
  if (platform !== 'linux') return 'update the graphics driver and the operating system';
  const isLimited = [env.VK_DRIVER_FILES, env.VK_ICD_FILENAMES].some((value) => (value ?? '') !== '');
  const unset =
    'unset VK_DRIVER_FILES and VK_ICD_FILENAMES, which hide every other driver; if that is not enough, ';
  return (isLimited ? unset : '') + installRemedy;
}

const mebibyte = 2 ** 20;

function describe(
  adapter: SurveyedAdapter,
  index: number,
  adapters: readonly SurveyedAdapter[],
): readonly string[] {
  const { name, backend, description, kind, limits } = adapter;
  const instead = openedInstead(adapters, index);
  if (instead !== index) return [`${index}: ${name} (${backend}): --adapter cannot tell it from ${instead}`];
  if (description === null || limits === null) return [`${index}: ${name} (${backend}): Dawn refuses it`];
  const { subgroupMinSize: least, subgroupMaxSize: most } = adapter;
  const lanes = least === most ? `of ${least}` : `of ${least} to ${most}`;
  const features = [
    adapter.subgroups ? `subgroups ${lanes}` : 'no subgroups',
    adapter.timestamps ? 'timestamps' : 'no timestamps',
    `bindings up to ${Math.floor(limits.maxStorageBufferBindingSize / mebibyte).toLocaleString('en-US')} MiB`,
    `${limits.maxComputeWorkgroupStorageSize / 1024} KiB per workgroup`,
  ];
  return [`${index}: ${description} (${kind}, ${backend})`, features.join(', ')];
}

/** The steps with known results, on the adapter that training would use. */
export function checkTraining(outcome: ProbeOutcome): Check {
  const opened = find(outcome, 'opened');
  const answer = find(outcome, 'known-answer');
  if (opened === undefined || answer === undefined) return notTrained(outcome, opened);
  const { description: adapter, software } = opened;
  const { steps, compared, worstShare, kernels, faults, seconds } = answer;
  const facts = { adapter, software, steps, compared, worstShare, kernels, faults, seconds };
  const training = about('training', facts);
  const on = `on ${adapter}${software ? ', a software adapter' : ''}`;
  const [first, ...others] = faults;
  if (first !== undefined)
    return training.wrong(
      [on, ...describeFault(first, others.length)],
      'do not train on this adapter: update its driver or choose another with --adapter, and report this',
    );
  const found = [
    on,
    `${steps} steps of a known network: ${compared.toLocaleString('en-US')} numbers right in ` +
      `${kernels.length} kernels, ${Math.round(100 * (worstShare ?? 0))} % of the error bound used`,
  ];
  const better = offered(outcome).find(({ kind }) => kind !== 'software');
  if (!software || better === undefined) return training.ok(found);
  return training.warning(found, `--adapter "${better.name}" takes the GPU`);
}

function describeFault(fault: Fault, others: number): string[] {
  const { kernel, tensor, trial, element, found, expected, bound } = fault;
  const number = Number(found);
  const text = Number.isFinite(number) ? number.toPrecision(7) : found;
  const right = `${Number(expected.toPrecision(7))}${bound > 0 ? ` within ${bound.toExponential(1)}` : ''}`;
  const more = others === 0 ? '' : `, and ${others} more`;
  return [
    `${tensor} is wrong: element (${element.join(', ')}) of trial ${trial} is ${text}, not ${right}${more}`,
    `kernel: ${kernel}`,
  ];
}

function notTrained(outcome: ProbeOutcome, opened: Answers['opened'] | undefined): Check {
  const on = opened === undefined ? [] : [`on ${opened.description}`];
  const failed = find(outcome, 'failed');
  if (failed !== undefined) {
    const { kind, message, found: detail, remedy } = failed;
    const listed = offered(outcome).map((adapter) => `"${adapter.name}"`);
    const isMisnamed = kind === 'no-adapter' && listed.length > 0 && opened === undefined;
    const found = [...on, `not possible: ${message}`, ...(isMisnamed || detail === null ? [] : [detail])];
    const others = `leave out --adapter, or name part of ${listed.join(' or ')}`;
    const advice = isMisnamed ? others : listed.length > 0 ? (remedy ?? undefined) : undefined;
    return about('training', { kind, message }).wrong(found, advice);
  }
  if (find(outcome, 'listed') === undefined)
    return about('training', { kind: 'not-tried' }).wrong('not tried');
  const { exitCode, signal } = outcome;
  const step = opened === undefined ? 'opening the adapter' : 'the known steps';
  return about('training', { kind: 'crashed', exitCode, signal }).wrong(
    [...on, `${step} crashed: ${howItEnded(outcome)}`],
    'update the driver of this adapter, or choose another with --adapter',
  );
}

/** Whether kernels can be timed; undefined where that was not reached. */
export function checkTimestamps(outcome: ProbeOutcome): Check | undefined {
  const record = find(outcome, 'timestamps');
  if (record === undefined) return undefined;
  const { timestamps } = record;
  const check = about('timestamps', { timestamps });
  if (timestamps === null) return check.warning('none: profiles can time no kernels');
  const fault = timestampFault(timestamps);
  const ticks = `ticks of ${timestamps.resolutionNs ?? 0} ns, an empty pass takes ${timestamps.passNs} ns`;
  return fault === undefined ? check.ok(ticks) : check.warning([ticks, fault]);
}

/** Kernels of a small step take a few microseconds. */
const coarseNs = 2_000;

function timestampFault({ resolutionNs }: Timestamps): string | undefined {
  if (resolutionNs === null) return 'the clock stands still: profiles show nothing';
  return resolutionNs > coarseNs ? 'too coarse for kernels of microseconds: profiles round them' : undefined;
}
