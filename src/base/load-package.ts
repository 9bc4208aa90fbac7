/** Packages that are loaded where they are needed, because not every installation has them. */
import { EngineError } from './errors.js';

/**
 * @param what it is needed for, such as `reading a picture`
 * @param install the name and, where it matters, the version that `npm install` takes
 * @throws EngineError `usage` where the package cannot be loaded
 */
export async function loadPackage<T>(what: string, install: string, loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (cause) {
    const name = install.replace(/(.)@.*/, '$1');
    throw new EngineError('usage', `${what} needs the package ${name}, which cannot be loaded`, {
      found: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      expected: 'an installation with its optional packages',
      remedy: `npm install ${install}`,
      cause,
    });
  }
}
