// Where the checkout is; the bench runs from `build/bench/`.

import { fileURLToPath } from 'node:url';

/** A path in the repository. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
