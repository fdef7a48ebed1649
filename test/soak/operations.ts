// The operations of one SFTP session of the soak, each with the answer it must get. They work on the session's own names,
// so that every answer is known. How many and in which order is the load's business.

import { randomBytes } from 'node:crypto';
import { ATTRIBUTE_FLAG, OPEN_FLAG, REQUEST, RESPONSE, STATUS } from '../../src/sftp/codec/constants.ts';
import { type Reply, type SftpPeer, statusOf } from '../hostile/sftp-peer.ts';
import { NO_ATTRIBUTES, str, u32, u64 } from '../sftp/bytes-of.ts';
import type { Random } from './random.ts';

/** An answer that is not the one the operation must get. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

export interface Desk {
  readonly peer: SftpPeer;
  readonly random: Random;
  /** Path in front of every name of this session. */
  readonly prefix: string;
  /** The session's files: name -> where in BLOCK the content begins, and how long it is. */
  readonly files: Map<string, { readonly from: number; readonly sizeBytes: number }>;
  /** The session's empty folders. */
  readonly folders: Set<string>;
  /** Handles that nobody will close. */
  leftHandles: number;
  names: number;
  bytesUp: number;
  bytesDown: number;
}

/** How much one WRITE or READ of the soak carries: what OpenSSH's sftp asks for, 32 KiB. */
const PIECE_BYTES = 32 * 1024;
const LARGE_BYTES = 1024 * 1024;
/** Every file is a piece of this, so that a mix-up of any two is seen. */
const BLOCK = randomBytes(2 * LARGE_BYTES);
const MAX_FILES = 8;
/** Below the server's max-handles (128). */
const MAX_LEFT_HANDLES = 16;

/** One kind of operation: its share of the mix, and what it does. @throws WrongAnswer, or that the channel was closed */
export interface Operation {
  readonly name: string;
  readonly share: number;
  readonly run: (desk: Desk) => Promise<void>;
}

/** What needs a file, or a folder, puts one first if there is none. */
const OPERATIONS: readonly Operation[] = [
  { name: 'put', share: 18, run: put },
  { name: 'get', share: 16, run: onFile(get) },
  { name: 'list', share: 8, run: list },
  { name: 'stat', share: 14, run: onFile(stat) },
  { name: 'lstat', share: 4, run: onFile(lstat) },
  { name: 'rename', share: 5, run: onFile(rename) },
  { name: 'posix-rename', share: 3, run: onFile(posixRename) },
  { name: 'remove', share: 8, run: onFile(remove) },
  { name: 'mkdir', share: 4, run: mkdir },
  { name: 'rmdir', share: 3, run: rmdir },
  { name: 'setstat', share: 5, run: onFile(setstat) },
  { name: 'symlink', share: 2, run: onFile(symlink) },
  { name: 'realpath', share: 2, run: realpath },
  { name: 'open, not there', share: 3, run: openMissing },
  { name: 'open, outside of the home', share: 1, run: openOutside },
  { name: 'rmdir, not empty', share: 1, run: onFile(rmdirFull) },
  { name: 'read, unknown handle', share: 1, run: readUnknown },
  { name: 'rename, target exists', share: 1, run: onFile(renameOnto) },
  { name: 'open, never closed', share: 1, run: onFile(leaveOpen) },
];

const LOTS: readonly Operation[] = OPERATIONS.flatMap((operation) =>
  new Array<Operation>(operation.share).fill(operation),
);

export function drawOperation(random: Random): Operation {
  const drawn = LOTS[random.below(LOTS.length)];
  if (drawn === undefined) throw new RangeError('no such lot');
  return drawn;
}

export function createDesk(peer: SftpPeer, prefix: string, random: Random): Desk {
  return {
    peer,
    random,
    prefix,
    files: new Map(),
    folders: new Set(),
    leftHandles: 0,
    names: 0,
    bytesUp: 0,
    bytesDown: 0,
  };
}

/** Opens a file for writing and sends the half of it; the handle is never closed. */
export async function beginPut(desk: Desk): Promise<void> {
  const handle = await opened(desk, freshName(desk), OPEN_FLAG.write | OPEN_FLAG.create | OPEN_FLAG.truncate);
  for (let at = 0; at < LARGE_BYTES / 2; at += PIECE_BYTES) {
    desk.peer.send(REQUEST.write, str(handle), u64(at), str(BLOCK.subarray(at, at + PIECE_BYTES)));
  }
}

async function put(desk: Desk): Promise<void> {
  const isNew = desk.files.size < MAX_FILES;
  const name = isNew ? freshName(desk) : anyOf(desk, [...desk.files.keys()]);
  const sizeBytes = desk.random.chance(0.005) ? LARGE_BYTES : desk.random.below(PIECE_BYTES) + 1;
  const from = desk.random.below(BLOCK.length - sizeBytes);
  const handle = await opened(desk, name, OPEN_FLAG.write | OPEN_FLAG.create | OPEN_FLAG.truncate);
  const answers: Promise<Reply>[] = [];
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
    const piece = BLOCK.subarray(from + at, from + Math.min(at + PIECE_BYTES, sizeBytes));
    answers.push(desk.peer.ask(REQUEST.write, str(handle), u64(at), str(piece)));
  }
  // Sent behind the data without waiting: requests on one handle are answered as if one after the other.
  answers.push(desk.peer.ask(REQUEST.close, str(handle)));
  for (const answer of await Promise.all(answers)) mustBe(answer, STATUS.ok, 'put');
  desk.files.set(name, { from, sizeBytes });
  desk.bytesUp += sizeBytes;
}

async function get(desk: Desk, name: string): Promise<void> {
  const { from, sizeBytes } = fileAt(desk, name);
  const handle = await opened(desk, name, OPEN_FLAG.read);
  const answers: Promise<Reply>[] = [];
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
    answers.push(desk.peer.ask(REQUEST.read, str(handle), u64(at), u32(PIECE_BYTES)));
  }
  answers.push(desk.peer.ask(REQUEST.close, str(handle)));
  const all = await Promise.all(answers);
  let at = from;
  for (const answer of all.slice(0, -1)) {
    if (answer.type !== RESPONSE.data) throw wrong('get', answer);
    const data = answer.body.subarray(4);
    if (!data.equals(BLOCK.subarray(at, at + data.length))) throw new WrongAnswer(`get: ${name} has other content`);
    at += data.length;
  }
  if (at !== from + sizeBytes) throw new WrongAnswer(`get: ${name} has ${at - from} bytes instead of ${sizeBytes}`);
  for (const closing of all.slice(-1)) mustBe(closing, STATUS.ok, 'get, close');
  desk.bytesDown += sizeBytes;
}

async function list(desk: Desk): Promise<void> {
  const handle = handleOf(await desk.peer.ask(REQUEST.opendir, str(folderOf(desk))), 'list');
  let entries = 0;
  for (;;) {
    const answer = await desk.peer.ask(REQUEST.readdir, str(handle));
    if (answer.type === RESPONSE.name) entries += answer.body.readUInt32BE(0);
    else {
      mustBe(answer, STATUS.eof, 'list');
      break;
    }
  }
  mustBe(await desk.peer.ask(REQUEST.close, str(handle)), STATUS.ok, 'list, close');
  // Other sessions of the connection work in the same folder: there may be more, never less.
  const own = desk.files.size + desk.folders.size;
  if (entries < own) throw new WrongAnswer(`list: ${entries} entries where at least ${own} are`);
}

async function stat(desk: Desk, name: string): Promise<void> {
  sizeMustBe(await desk.peer.ask(REQUEST.stat, str(desk.prefix + name)), fileAt(desk, name).sizeBytes, 'stat');
}

async function lstat(desk: Desk, name: string): Promise<void> {
  sizeMustBe(await desk.peer.ask(REQUEST.lstat, str(desk.prefix + name)), fileAt(desk, name).sizeBytes, 'lstat');
}

async function rename(desk: Desk, name: string): Promise<void> {
  const next = freshName(desk);
  const answer = await desk.peer.ask(REQUEST.rename, str(desk.prefix + name), str(desk.prefix + next));
  mustBe(answer, STATUS.ok, 'rename');
  moved(desk, name, next);
}

async function posixRename(desk: Desk, name: string): Promise<void> {
  const onto = anyOf(desk, [...desk.files.keys()]);
  const paths = [str(desk.prefix + name), str(desk.prefix + onto)];
  mustBe(await desk.peer.ask(REQUEST.extended, str('posix-rename@openssh.com'), ...paths), STATUS.ok, 'posix-rename');
  moved(desk, name, onto);
}

async function remove(desk: Desk, name: string): Promise<void> {
  mustBe(await desk.peer.ask(REQUEST.remove, str(desk.prefix + name)), STATUS.ok, 'remove');
  desk.files.delete(name);
}

async function mkdir(desk: Desk): Promise<void> {
  const name = freshName(desk);
  mustBe(await desk.peer.ask(REQUEST.mkdir, str(desk.prefix + name), NO_ATTRIBUTES), STATUS.ok, 'mkdir');
  desk.folders.add(name);
}

async function rmdir(desk: Desk): Promise<void> {
  const [name] = desk.folders;
  if (name === undefined) return mkdir(desk);
  mustBe(await desk.peer.ask(REQUEST.rmdir, str(desk.prefix + name)), STATUS.ok, 'rmdir');
  desk.folders.delete(name);
}

async function setstat(desk: Desk, name: string): Promise<void> {
  const mode = desk.random.chance(0.5) ? 0o600 : 0o644;
  const seconds = 1_000_000_000 + desk.random.below(500_000_000);
  const flags = u32(ATTRIBUTE_FLAG.permissions | ATTRIBUTE_FLAG.times);
  const attributes = Buffer.concat([flags, u32(mode), u32(seconds), u32(seconds)]);
  mustBe(await desk.peer.ask(REQUEST.setstat, str(desk.prefix + name), attributes), STATUS.ok, 'setstat');
}

/** Makes a link, reads it, reads the file through it, and removes it. */
async function symlink(desk: Desk, name: string): Promise<void> {
  const link = desk.prefix + freshName(desk);
  const target = desk.prefix.slice(desk.prefix.lastIndexOf('/') + 1) + name;
  // ssh2's client names the link first: src/sftp/quirks.ts.
  mustBe(await desk.peer.ask(REQUEST.symlink, str(link), str(target)), STATUS.ok, 'symlink');
  const answer = await desk.peer.ask(REQUEST.readlink, str(link));
  if (answer.type !== RESPONSE.name) throw wrong('readlink', answer);
  const read = answer.body.subarray(8, 8 + answer.body.readUInt32BE(4)).toString('utf8');
  if (read !== target) throw new WrongAnswer(`readlink: ${read} instead of ${target}`);
  sizeMustBe(await desk.peer.ask(REQUEST.stat, str(link)), fileAt(desk, name).sizeBytes, 'stat of a link');
  mustBe(await desk.peer.ask(REQUEST.remove, str(link)), STATUS.ok, 'remove of a link');
}

async function realpath(desk: Desk): Promise<void> {
  const answer = await desk.peer.ask(REQUEST.realpath, str(`${folderOf(desk)}/./a/..`));
  if (answer.type !== RESPONSE.name) throw wrong('realpath', answer);
  const path = answer.body.subarray(8, 8 + answer.body.readUInt32BE(4)).toString('utf8');
  if (path !== folderOf(desk)) throw new WrongAnswer(`realpath: ${path}`);
}

async function openMissing(desk: Desk): Promise<void> {
  const path = str(`${desk.prefix}missing`);
  const answer = await desk.peer.ask(REQUEST.open, path, u32(OPEN_FLAG.read), NO_ATTRIBUTES);
  mustBe(answer, STATUS.noSuchFile, 'open of what is not there');
}

async function openOutside(desk: Desk): Promise<void> {
  const path = str('/../../../../../../etc/passwd');
  const answer = await desk.peer.ask(REQUEST.open, path, u32(OPEN_FLAG.read), NO_ATTRIBUTES);
  mustBe(answer, STATUS.noSuchFile, 'open outside of the home');
}

async function rmdirFull(desk: Desk): Promise<void> {
  mustBe(await desk.peer.ask(REQUEST.rmdir, str(folderOf(desk))), STATUS.failure, 'rmdir of a full folder');
}

async function readUnknown(desk: Desk): Promise<void> {
  const answer = await desk.peer.ask(REQUEST.read, str('no such handle'), u64(0), u32(PIECE_BYTES));
  mustBe(answer, STATUS.failure, 'read of an unknown handle');
}

async function renameOnto(desk: Desk, name: string): Promise<void> {
  const answer = await desk.peer.ask(REQUEST.rename, str(desk.prefix + name), str(folderOf(desk)));
  mustBe(answer, STATUS.failure, 'rename onto what is there');
}

async function leaveOpen(desk: Desk, name: string): Promise<void> {
  if (desk.leftHandles >= MAX_LEFT_HANDLES) return stat(desk, name);
  if (desk.random.chance(0.5)) await opened(desk, name, OPEN_FLAG.read);
  else handleOf(await desk.peer.ask(REQUEST.opendir, str(folderOf(desk))), 'opendir');
  desk.leftHandles += 1;
}

function onFile(run: (desk: Desk, name: string) => Promise<void>): Operation['run'] {
  return (desk) => {
    const names = [...desk.files.keys()];
    return names.length === 0 ? put(desk) : run(desk, anyOf(desk, names));
  };
}

async function opened(desk: Desk, name: string, flags: number): Promise<Buffer> {
  const path = str(desk.prefix + name);
  return handleOf(await desk.peer.ask(REQUEST.open, path, u32(flags), NO_ATTRIBUTES), 'open');
}

function handleOf(answer: Reply, what: string): Buffer {
  if (answer.type !== RESPONSE.handle) throw wrong(what, answer);
  return answer.body.subarray(4);
}

function mustBe(answer: Reply, status: number, what: string): void {
  if (statusOf(answer) !== status) throw wrong(what, answer);
}

function sizeMustBe({ type, body }: Reply, sizeBytes: number, what: string): void {
  if (type !== RESPONSE.attributes) throw wrong(what, { type, id: 0, body });
  const has = Number(body.readBigUInt64BE(4));
  if (has !== sizeBytes) throw new WrongAnswer(`${what}: ${has} bytes instead of ${sizeBytes}`);
}

function wrong(what: string, answer: Reply): WrongAnswer {
  const text = answer.type === RESPONSE.status ? `status ${statusOf(answer)}` : `type ${answer.type}`;
  return new WrongAnswer(`${what}: ${text}, ${JSON.stringify(answer.body.subarray(0, 100).toString('latin1'))}`);
}

function fileAt(desk: Desk, name: string): { readonly from: number; readonly sizeBytes: number } {
  const file = desk.files.get(name);
  if (file === undefined) throw new TypeError(`${name} is no file of this session`);
  return file;
}

function moved(desk: Desk, from: string, to: string): void {
  const file = fileAt(desk, from);
  desk.files.delete(from);
  desk.files.set(to, file);
}

/** The folder of the connection. */
function folderOf({ prefix }: Desk): string {
  return prefix.slice(0, prefix.lastIndexOf('/'));
}

function freshName(desk: Desk): string {
  desk.names += 1;
  return String(desk.names);
}

function anyOf({ random }: Desk, names: readonly string[]): string {
  return names[random.below(names.length)] ?? '';
}
