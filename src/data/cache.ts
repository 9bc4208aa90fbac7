import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The environment variables that the data layer reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where downloads are kept, as an absolute path; it is not created here.
 *
 * `WGSL_TRAIN_CACHE` if set, else `$XDG_CACHE_HOME/wgsl-train`
 * (https://specifications.freedesktop.org/basedir-spec: a relative value is ignored), else the platform's
 * place: `~/.cache/wgsl-train`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`.
 */
export function cacheDirectory(
  env: Environment = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string {
  const { WGSL_TRAIN_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = env;
  if (own !== undefined && own !== '') return resolve(own);
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'wgsl-train');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'wgsl-train');
  if (platform === 'win32' && local !== undefined && local !== '') return join(local, 'wgsl-train', 'Cache');
  return join(home, '.cache', 'wgsl-train');
}
