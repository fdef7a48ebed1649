// Extended requests that ask about the server and its users, not about a file.

import { FileError } from '../../model/error.ts';
import { ROOT } from '../../model/path.ts';
import { printableShort } from '../../model/printable.ts';
import { MAX_DATA_BYTES, MAX_PACKET_BYTES, STATUS } from '../codec/constants.ts';
import { limitsResponse, ownersResponse } from '../codec/responses.ts';
import { answering, type Handler } from '../context.ts';
import { StatusError } from '../status.ts';
import { done, oneName } from './replies.ts';

/** Far more owners than a listing has, and few enough for the reply to stay under a packet's limit. */
const MAX_IDS = 1024;

export const limits: Handler<'limits'> = ({ limits: { handles } }, { id }) =>
  answering(async () =>
    limitsResponse(id, {
      packetBytes: MAX_PACKET_BYTES,
      readBytes: MAX_DATA_BYTES,
      writeBytes: MAX_DATA_BYTES,
      handles,
    }),
  );

export const homeDirectory: Handler<'home-directory'> = ({ user }, { id, user: asked }) =>
  answering(async () => {
    if (asked !== '' && asked !== user) throw new StatusError(STATUS.failure, 'No such user');
    return oneName(id, ROOT);
  });

export const usersGroupsById: Handler<'users-groups-by-id'> = ({ owners }, { id, uids, gids }) =>
  answering(async () => {
    if (uids.length + gids.length > MAX_IDS) {
      throw new FileError('too-large', { detail: `at most ${MAX_IDS} numbers in one request` });
    }
    const names = await owners();
    return ownersResponse(id, uids.map(named(names.user)), gids.map(named(names.group)));
  });

/** Tells what the client is; nothing is done with it but to log it. WinSCP sends it to whoever sends its own. */
export const vendorId: Handler<'vendor-id'> = ({ log }, { id, vendor, product, version }) =>
  answering(async () => {
    const shown = (text: string): string => printableShort(text, 64);
    log.debug('the SFTP client says what it is', {
      vendor: shown(vendor),
      product: shown(product),
      version: shown(version),
    });
    return done(id);
  });

/** An empty name stands for a number that has none. */
function named(nameOf: (id: number) => string): (id: number) => string {
  return (id) => {
    const name = nameOf(id);
    return name === String(id) ? '' : name;
  };
}
