// The two replies that many handlers give.

import { printable } from '../../model/printable.ts';
import { STATUS } from '../codec/constants.ts';
import { nameResponse, statusResponse } from '../codec/responses.ts';

/** STATUS OK. */
export function done(id: number): Buffer {
  return statusResponse(id, STATUS.ok, 'Success');
}

/** A NAME with one name and nothing known of it, as REALPATH and READLINK answer. */
export function oneName(id: number, name: string): Buffer {
  return nameResponse(id, [{ name, longname: printable(name) }]);
}
