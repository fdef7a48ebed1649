// Sizes and offsets that are too large to be true.

import { FileError } from '../../model/error.ts';
import type { Wide } from '../codec/reader.ts';

/** The number itself. @throws FileError `too-large` past 2^53: no file is as long, and Node would write elsewhere */
export function exact(value: Wide): number {
  if (typeof value === 'bigint') throw new FileError('too-large');
  return value;
}
