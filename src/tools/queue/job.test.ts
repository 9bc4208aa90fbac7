import { describe, expect, it } from 'vitest';
import { jobId, queueName, requireUnit } from './job.js';

const ours = { units: 12, configSha256: 'a'.repeat(64) };
const data = { unit: 3, ...ours };
const job = { id: 'unit-3', name: 'unit', data };

describe('a job', () => {
  it('is the unit that it names', () => {
    expect(requireUnit(job, ours)).toBe(3);
    expect(jobId(3)).toBe('unit-3');
  });

  it('lies in a queue of its configuration', () => {
    expect(queueName(ours)).toBe('wgsl-train-aaaaaaaaaaaaaaaa');
  });

  it.each([
    [
      'of another configuration',
      { ...job, data: { ...data, configSha256: 'b'.repeat(64) } },
      'configSha256 is wrong',
    ],
    ['of another number of units', { ...job, data: { ...data, units: 13 } }, 'units is wrong'],
    ['behind the last unit', { ...job, id: 'unit-12', data: { ...data, unit: 12 } }, 'unit is wrong'],
    ['with a negative unit', { ...job, id: 'unit--1', data: { ...data, unit: -1 } }, 'unit is wrong'],
    ['with a unit as text', { ...job, data: { ...data, unit: '3' } }, 'unit is wrong'],
    ['with a path', { ...job, data: { ...data, out: '/etc' } }, 'its content is wrong'],
    ['with a path for a unit', { ...job, data: { ...data, unit: '../../etc' } }, 'unit is wrong'],
    ['under the name of another unit', { ...job, id: 'unit-4' }, 'id is wrong'],
    ['without a name', { ...job, id: undefined }, 'id is wrong'],
    ['of another kind', { ...job, name: 'shell' }, 'name is wrong'],
    ['that is no object', { ...job, data: 'unit-3' }, 'its content is wrong'],
    ['that is nothing', { ...job, data: null }, 'its content is wrong'],
  ])('%s is refused', (_, foreign, what) => {
    expect(() => requireUnit(foreign, ours)).toThrow(what);
  });
});
