/** What the probe's answers mean: the native module, the adapters, the steps with known results, the timestamps. */
import { join } from 'node:path';
import type { SurveyedAdapter } from '../../gpu/survey.js';
import type { Check } from './check.js';
import type { Fault } from '../../check/known-answer.js';
import type { ProbeRecord, Timestamps } from './probe.js';
import type { ProbeOutcome } from './run-probe.js';
import { installRemedy } from './vulkan.js';
import type { World } from './world.js';

type Stage<Name extends ProbeRecord['stage']> = Extract<ProbeRecord, { readonly stage: Name }>;

function find<Name extends ProbeRecord['stage']>(
  outcome: ProbeOutcome,
  stage: Name,
): Stage<Name> | undefined {
  return outcome.records.find((record): record is Stage<Name> => record.stage === stage);
}

/** The adapters that Dawn hands out. */
export function offered(outcome: ProbeOutcome): readonly SurveyedAdapter[] {
  return find(outcome, 'listed')?.adapters.filter(({ description }) => description !== null) ?? [];
}

/** The adapter that training would use, if training on it would work. */
export function usable(outcome: ProbeOutcome): Stage<'opened'> | undefined {
  const answer = find(outcome, 'known-answer');
  return answer?.faults.length === 0 ? find(outcome, 'opened') : undefined;
}

/** Whether the native module of `webgpu` loads; if not, scripts/lib/find-adapter.js knows why. */
export async function checkModule(world: World, outcome: ProbeOutcome, version: string): Promise<Check> {
  const facts = { version };
  if (find(outcome, 'loaded') !== undefined)
    return { name: 'webgpu', verdict: 'ok', found: [`${version} loads`], facts };
  const lines = outcome.stderr.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0] ?? howItEnded(outcome);
  return {
    name: 'webgpu',
    verdict: 'wrong',
    found: [`${version} does not load`, reason],
    remedy: (await explanation(world)) ?? './scripts/setup.sh, which installs the packages again',
    facts: { ...facts, reason },
  };
}

/** The last line of set-up's own probe, which fails in the same way and explains it; undefined if it does not fail. */
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
  const adapters = find(outcome, 'listed')?.adapters ?? [];
  const facts = { adapters };
  const remedy = adapterRemedy(world);
  const name = 'adapters';
  if (find(outcome, 'listed') === undefined)
    return {
      name,
      verdict: 'wrong',
      found: [`asking for them failed: ${howItEnded(outcome)}`],
      remedy,
      facts,
    };
  if (adapters.length === 0) return { name, verdict: 'wrong', found: ['none'], remedy, facts };
  const found = adapters.flatMap(describe);
  if (offered(outcome).length === 0) return { name, verdict: 'wrong', found, remedy, facts };
  return { name, verdict: 'ok', found, facts };
}

function adapterRemedy({ env, platform }: World): string {
  if (platform !== 'linux') return 'update the graphics driver and the operating system';
  const isLimited = [env.VK_DRIVER_FILES, env.VK_ICD_FILENAMES].some((value) => (value ?? '') !== '');
  const unset =
    'unset VK_DRIVER_FILES and VK_ICD_FILENAMES, which hide every other driver; if that is not enough, ';
  return (isLimited ? unset : '') + installRemedy;
}

const mebibyte = 2 ** 20;

function describe(adapter: SurveyedAdapter): string[] {
  const { name, backend, description, kind, limits } = adapter;
  if (description === null || limits === null) return [`${name} (${backend}): Dawn refuses it`];
  const { subgroupMinSize: least, subgroupMaxSize: most } = adapter;
  const lanes = least === most ? `of ${least}` : `of ${least} to ${most}`;
  const features = [
    adapter.subgroups ? `subgroups ${lanes}` : 'no subgroups',
    adapter.timestamps ? 'timestamps' : 'no timestamps',
    `bindings up to ${Math.floor(limits.maxStorageBufferBindingSize / mebibyte).toLocaleString('en-US')} MiB`,
    `${limits.maxComputeWorkgroupStorageSize / 1024} KiB per workgroup`,
  ];
  return [`${description} (${kind}, ${backend})`, features.join(', ')];
}

/** The steps with known results, on the adapter that training would use. */
export function checkTraining(outcome: ProbeOutcome): Check {
  const name = 'training';
  const opened = find(outcome, 'opened');
  const answer = find(outcome, 'known-answer');
  const failed = find(outcome, 'failed');
  if (opened === undefined || answer === undefined) return notTrained(outcome, opened, failed);
  const { description: adapter, software } = opened;
  const { steps, compared, worstShare, kernels, faults, seconds } = answer;
  const facts = { adapter, software, steps, compared, worstShare, kernels, faults, seconds };
  const on = `on ${adapter}${software ? ', a software adapter' : ''}`;
  const [first, ...others] = faults;
  if (first === undefined) {
    const found = [
      on,
      `${steps} steps of a known network: ${compared.toLocaleString('en-US')} numbers right in ${kernels.length} kernels, ` +
        `${Math.round(100 * (worstShare ?? 0))} % of the error bound used`,
    ];
    const better = offered(outcome).find(({ kind }) => kind !== 'software');
    if (!software || better === undefined) return { name, verdict: 'ok', found, facts };
    const remedy = `--adapter "${better.name}" takes the GPU`;
    return { name, verdict: 'warning', found, remedy, facts };
  }
  const found = [on, ...describeFault(first, others.length)];
  return {
    name,
    verdict: 'wrong',
    found,
    remedy:
      'do not train on this adapter: update its driver or choose another with --adapter, and report this',
    facts,
  };
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

function notTrained(
  outcome: ProbeOutcome,
  opened: Stage<'opened'> | undefined,
  failed: Stage<'failed'> | undefined,
): Check {
  const name = 'training';
  const found = opened === undefined ? [] : [`on ${opened.description}`];
  if (failed !== undefined) {
    const detail = failed.found === null ? [] : [failed.found];
    const listed = offered(outcome).map((adapter) => `"${adapter.name}"`);
    const isMisnamed = failed.kind === 'no-adapter' && listed.length > 0 && opened === undefined;
    const remedy = isMisnamed ? `leave out --adapter, or name part of ${listed.join(' or ')}` : failed.remedy;
    return {
      name,
      verdict: 'wrong',
      found: [...found, `not possible: ${failed.message}`, ...(isMisnamed ? [] : detail)],
      ...(listed.length > 0 && remedy !== null && { remedy }),
      facts: { kind: failed.kind, message: failed.message },
    };
  }
  const isListed = find(outcome, 'listed') !== undefined;
  if (!isListed) return { name, verdict: 'wrong', found: ['not tried'], facts: { kind: 'not-tried' } };
  return {
    name,
    verdict: 'wrong',
    found: [
      ...found,
      `${opened === undefined ? 'opening the adapter' : 'the known steps'} crashed: ${howItEnded(outcome)}`,
    ],
    remedy: 'update the driver of this adapter, or choose another with --adapter',
    facts: { kind: 'crashed', exitCode: outcome.exitCode, signal: outcome.signal },
  };
}

/** Whether kernels can be timed; undefined where that was not reached. */
export function checkTimestamps(outcome: ProbeOutcome): Check | undefined {
  const record = find(outcome, 'timestamps');
  if (record === undefined) return undefined;
  const name = 'timestamps';
  const { timestamps } = record;
  const facts = { timestamps };
  if (timestamps === null)
    return { name, verdict: 'warning', found: ['none: profiles can time no kernels'], facts };
  const fault = timestampFault(timestamps);
  const ticks = `ticks of ${timestamps.resolutionNs ?? 0} ns, an empty pass takes ${timestamps.passNs} ns`;
  return fault === undefined
    ? { name, verdict: 'ok', found: [ticks], facts }
    : { name, verdict: 'warning', found: [ticks, fault], facts };
}

/** Kernels of a small step take a few microseconds. */
const coarseNs = 2_000;

function timestampFault({ resolutionNs }: Timestamps): string | undefined {
  if (resolutionNs === null) return 'the clock stands still: profiles show nothing';
  return resolutionNs > coarseNs ? 'too coarse for kernels of microseconds: profiles round them' : undefined;
}
