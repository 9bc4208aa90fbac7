/**
 * Puts faults between the engine of this process and Dawn. A test file begins with: `vi.mock('webgpu',
 * armedPackage)`, see there.
 */
import { faultyPackage, injection, type Fault, type Injection, type WebgpuPackage } from './faulty-webgpu.js';

let waiting: Injection[] = [];

/**
 * Puts a fault into the next device that is opened, the next one into the one after that, and so on; null is
 * none. Devices after those have none.
 */
export function arm(...faults: readonly (Fault | null)[]): Injection[] {
  waiting = faults.map(injection);
  return [...waiting];
}

/**
 * What stands for the package, as a factory of `vi.mock` makes it, which may use nothing but its own imports.
 */
export async function armedPackage(original: <T>() => Promise<T>): Promise<WebgpuPackage> {
  return faultyPackage(await original<WebgpuPackage>(), () => waiting.shift() ?? injection(null));
}
