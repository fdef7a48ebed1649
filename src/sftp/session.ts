// One SFTP session, from INIT to the last closed handle: takes requests from the stream as fast as they may be taken,
// runs them in an order that clients can't tell from one after the other, and answers each exactly once.

import type { Duplex } from 'node:stream';
import { isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import type { Log } from '../model/log.ts';
import { printable, printableShort } from '../model/printable.ts';
import { largeBuffers } from '../streams/large-buffers.ts';
import { PROTOCOL_VERSION, STATUS } from './codec/constants.ts';
import { ProtocolError } from './codec/protocol-error.ts';
import { decodeInit, decodeRequest, type Request } from './codec/requests.ts';
import { statusResponse, versionResponse } from './codec/responses.ts';
import type { Context, Work } from './context.ts';
import { createFramer } from './framer.ts';
import { begin } from './handlers.ts';
import { createHandleTable } from './handles.ts';
import { DEFAULT_LIMITS, type SftpLimits } from './limits.ts';
import { createOrder } from './order.ts';
import { createOutput } from './output.ts';
import { createOwnerNames } from './owners.ts';
import { quirksOf } from './quirks.ts';
import { failureResponse } from './status.ts';

export interface SftpOptions {
  /**
   * The channel of the subsystem. It is read and written here, but ended and destroyed by its owner. What it emits is
   * not looked at after the event.
   */
  readonly stream: Duplex;
  readonly files: Files;
  readonly user: { readonly name: string };
  /** The identification of the client's software (RFC 4253, section 4.2), without `SSH-2.0-`. */
  readonly client: string;
  /** Aborted when the peer is gone, or is to be sent away. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly limits?: Partial<SftpLimits>;
  /** How the peer is made to wait; by pausing the stream, unless told. */
  readonly pressure?: Pressure;
}

/** What a session has enough of: requests that are not done, or replies that its peer does not take. */
export type Surfeit = 'requests' | 'replies';

export interface Pressure {
  /**
   * No more is to come; what is under way may still be emitted. Of `replies` only the peer itself brings relief: whatever
   * tells that it takes them must still be read.
   */
  stop(surfeit: Surfeit): void;
  goOn(): void;
}

/**
 * Serves SFTP version 3 until the client ends its side, or is gone. Resolves when all it asked for is done and all it
 * had open is closed; what is then left to do is to end the channel.
 *
 * @throws ProtocolError, after the same clean-up, if the client sent what can't be answered
 */
export function serveSftp(options: SftpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    startSession(options, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

function startSession(options: SftpOptions, finished: (error?: unknown) => void): void {
  const { stream, files, user, log, signal } = options;
  const limits: SftpLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const framer = createFramer(limits.packetBytes, largeBuffers.take);
  const order = createOrder({ onDone: afterAnswer });
  const output = createOutput(stream);
  const handles = createHandleTable(limits.handles);
  const stopping = new AbortController();
  const quirks = quirksOf(options.client);
  const pressure = options.pressure ?? pausing(stream);
  const context: Context = {
    files,
    handles,
    limits,
    user: user.name,
    owners: createOwnerNames(files, user.name),
    quirks,
    times: quirks.readsTimesSigned ? 'signed' : 'unsigned',
    log,
    signal: stopping.signal,
  };

  let isGreeted = false;
  /** The client has sent all it will send. */
  let isEnded = false;
  /** There may be whole packets that were not taken, for lack of room. */
  let isFull = false;
  let bytesUnderWay = 0;
  let failure: unknown;
  let isFinished = false;

  function hasRoom(): boolean {
    return order.size < limits.requests && bytesUnderWay < limits.bytes && !stream.writableNeedDrain;
  }

  /** Takes what may be taken; called whenever there may be more of it, or more room. */
  function proceed(): void {
    if (!stopping.signal.aborted) {
      try {
        takePackets();
      } catch (error) {
        fail(error);
      }
    }
    const isLast = stopping.signal.aborted || (isEnded && !isFull);
    if (isLast && order.size === 0) void finish();
  }

  function takePackets(): void {
    for (;;) {
      isFull = !hasRoom();
      if (isFull) {
        pressure.stop(stream.writableNeedDrain ? 'replies' : 'requests');
        return;
      }
      const packet = framer.next();
      if (packet === undefined) break;
      take(packet);
    }
    pressure.goOn();
  }

  function take(packet: Buffer): void {
    if (!isGreeted) {
      greet(packet);
      return;
    }
    const decoded = decodeRequest(packet);
    switch (decoded.outcome) {
      case 'request':
        schedule(decoded.request, packet);
        return;
      case 'malformed':
        output.send(statusResponse(decoded.id, STATUS.badMessage, `Malformed request: ${shown(decoded.what)}`));
        return;
      case 'unknown':
        output.send(statusResponse(decoded.id, STATUS.opUnsupported, `Unknown request: ${shown(decoded.what)}`));
        return;
      default:
        decoded satisfies never;
    }
  }

  function greet(packet: Buffer): void {
    const version = decodeInit(packet);
    if (version < PROTOCOL_VERSION) throw new ProtocolError(`the client speaks version ${version} at most`);
    isGreeted = true;
    output.send(versionResponse());
    log.debug('SFTP session begins', { clientVersion: version });
  }

  function schedule(request: Request, packet: Buffer): void {
    let work: Work;
    try {
      work = begin(context, request);
    } catch (error) {
      output.send(failureResponse(request.id, error, request.kind, log));
      return;
    }
    const bytes = packet.length + (work.replyBytes ?? 0);
    bytesUnderWay += bytes;
    order.add(work.claim, async ({ turn, letOthersGo }) => {
      try {
        const reply = await answer(request, work, letOthersGo);
        await turn;
        output.send(reply);
      } catch (error) {
        fail(error);
      }
      bytesUnderWay -= bytes;
      // The request lies in it, a WRITE with its data; it has been served.
      largeBuffers.giveBack(packet);
    });
  }

  async function answer(request: Request, work: Work, letOthersGo: () => void): Promise<Buffer> {
    try {
      return await work.run(letOthersGo);
    } catch (error) {
      return failureResponse(request.id, error, request.kind, log);
    }
  }

  function afterAnswer(): void {
    if (order.size === 0) output.flush();
    proceed();
  }

  /**
   * Takes no more: nobody waits for answers, or none can be given. What was taken is still done, so that an upload keeps
   * what had arrived. What still comes is dropped, but it is read: a channel is not closed before its last byte was.
   */
  function stop(): void {
    stopping.abort();
    pressure.goOn();
    stream.resume();
  }

  /** Ends the session, as a request can't be answered: the client's fault, or ours. */
  function fail(error: unknown): void {
    failure ??= error;
    stop();
  }

  async function finish(): Promise<void> {
    if (isFinished) return;
    isFinished = true;
    output.flush();
    stream.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onError).off('drain', proceed);
    signal.removeEventListener('abort', onGone);
    for (const error of await handles.closeAll()) unclosed(error);
    finished(failure);
  }

  /** A full disk is no surprise, and who wrote to it has been told; what nobody foresaw is. */
  function unclosed(error: unknown): void {
    const doing = 'closing what an SFTP session left open';
    if (isFileError(error)) log.warn(`${doing} failed`, { reason: printable(error.message) });
    else log.unexpected(error, doing);
  }

  function onData(chunk: Buffer): void {
    if (stopping.signal.aborted) return;
    framer.push(chunk);
    proceed();
    framer.keepRest();
  }

  function onEnd(): void {
    isEnded = true;
    proceed();
  }

  function onGone(): void {
    output.close();
    stop();
    proceed();
  }

  function onError(error: Error): void {
    log.debug('the channel of an SFTP session broke', { reason: error.message });
    onGone();
  }

  stream.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onError).on('drain', proceed);
  signal.addEventListener('abort', onGone);
  if (signal.aborted) onGone();
  else proceed();
}

function pausing(stream: Duplex): Pressure {
  return {
    stop: () => void stream.pause(),
    goOn: () => {
      if (stream.isPaused()) stream.resume();
    },
  };
}

function shown(text: string): string {
  return printableShort(text, 64);
}
