// Going through the operands of a command: one that fails is reported, and the others still get their turn.

import { isFileError } from '../model/error.ts';
import { parsePath, type VirtualPath } from '../model/path.ts';
import type { Call } from './command.ts';
import { EXIT, reportError } from './report.ts';

/** What the parts of a command need of its call. */
export type OperandCall = Pick<Call, 'context' | 'io' | 'session' | 'name'>;

/** The path that an operand names, from the current folder. */
export function pathOf(call: Pick<Call, 'session'>, operand: string): VirtualPath {
  return parsePath(operand, call.session.directory);
}

/** Does `work` for each operand; resolves to the status of the last failure, or ok. */
export async function eachOperand(
  call: OperandCall,
  operands: readonly string[],
  work: (path: VirtualPath, operand: string) => Promise<void>,
): Promise<number> {
  let status: number = EXIT.ok;
  for (const operand of operands) {
    call.io.signal.throwIfAborted();
    const failed = await attempt(call, operand, () => work(pathOf(call, operand), operand));
    if (failed !== EXIT.ok) status = failed;
  }
  return status;
}

/** Does `work`; a FileError is reported and becomes the status. Whatever else is thrown ends the command. */
export async function attempt(call: OperandCall, operand: string, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return EXIT.ok;
  } catch (error) {
    if (!isFileError(error)) throw error;
    if (call.io.signal.aborted) throw call.io.signal.reason;
    const report = reportError(error, {
      command: call.name,
      log: call.context.log,
      ...(concerns(call, error.path, operand) ? { operand } : {}),
    });
    if (report.text !== undefined) await call.io.error(report.text);
    return report.status;
  }
}

/** Whether the failed path is the operand itself, which the user then sees as typed, or something below it. */
function concerns(call: OperandCall, path: string | undefined, operand: string): boolean {
  if (path === undefined || path === operand) return true;
  try {
    return path === pathOf(call, operand);
  } catch (error) {
    if (isFileError(error)) return true;
    throw error;
  }
}
