/** Puts faults between the engine of this process and Dawn. A test file begins with: `vi.mock('webgpu', armedPackage)`, see there. */
import { faultyPackage, injection, type Fault, type Injection, type WebgpuPackage } from './faulty-webgpu.js';

let current = injection(null);

/** From the next `openGpu` on, this fault happens, once; null is none. Devices that are open keep theirs. */
export function arm(fault: Fault | null): Injection {
  current = injection(fault);
  return current;
}

/** What stands for the package, as a factory of `vi.mock` makes it, which may use nothing but its own imports. */
export async function armedPackage(original: <T>() => Promise<T>): Promise<WebgpuPackage> {
  return faultyPackage(await original<WebgpuPackage>(), () => current);
}
