// The version in package.json, which lies beside dist/.

import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  for (const place of ['../../package.json', '../../../package.json']) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), 'utf8');
      const content = JSON.parse(text) as { name?: string; version?: string };
      if (content.name === 'sshome' && content.version !== undefined) return content.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return 'unknown';
}
