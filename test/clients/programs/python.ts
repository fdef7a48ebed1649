// Programs of this folder in Python, run by the system's Python, for which Debian packs the libraries.

import { inRepository } from '../../helpers/folder.ts';
import { type LineProgramStart, programSource } from './line-program.ts';

const PYTHON = '/usr/bin/python3';

/** How to start `name`, and what it needs beside `libraries` (file -> Debian package). */
export function pythonProgram(
  name: string,
  libraries: Readonly<Record<string, string>>,
): { start: LineProgramStart; programs: Readonly<Record<string, string>> } {
  return {
    start: {
      program: PYTHON,
      words: ['-W', 'ignore', programSource(name)],
      // No compiled files beside the sources.
      environment: { PYTHONPYCACHEPREFIX: inRepository('build/python') },
    },
    programs: { [PYTHON]: 'python3', ...libraries },
  };
}
