// Files (model/files.ts) on a server, over SFTP version 3 and OpenSSH's extensions. Passes the same contract suite as
// the disk when the server is ours; other servers may lack an extension, which is then `unsupported`.

import type { SFTPWrapper } from 'ssh2';
import { checkChanges, checkOpenOptions } from '../model/checks.ts';
import type { EntryKind } from '../model/entry.ts';
import { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { parsePath, type VirtualPath } from '../model/path.ts';
import { attributesFromWire, attributesToWire, type WireAttributes } from './attributes.ts';
import { closingAfter } from './closing-after.ts';
import { withNameBytes } from './name-bytes.ts';
import { openRemoteDirectory } from './remote-directory.ts';
import { isUnexplained } from './remote-error.ts';
import { createRemoteFile } from './remote-file.ts';
import { malformed, openHandle } from './remote-handle.ts';
import type { Answer, Session } from './session.ts';
import { spaceFromWire, type WireSpace } from './space.ts';

export function createRemoteFiles(session: Session): Files {
  /** A request that names one path. */
  const ask = <T>(path: string, send: (sftp: SFTPWrapper, name: string, answer: Answer<T>) => void) =>
    session.request<T>(path, (sftp, answer) => withNameBytes(sftp, [path], ([name]) => send(sftp, name, answer)));

  /** A request that names two. */
  const askBoth = <T>(
    path: string,
    other: string,
    send: (sftp: SFTPWrapper, names: readonly [string, string], answer: Answer<T>) => void,
  ) =>
    session.request<T>(path, (sftp, answer) =>
      withNameBytes(sftp, [path, other], (names) => send(sftp, names, answer)),
    );

  const askAttributes = async (path: string, method: 'stat' | 'lstat') => {
    const wire = await ask<WireAttributes>(path, (sftp, name, answer) => sftp[method](name, answer));
    if (wire === undefined || Buffer.isBuffer(wire)) throw malformed(path);
    return attributesFromWire(wire);
  };

  const askName = async (path: string, method: 'realpath' | 'readlink'): Promise<string> => {
    const text = await ask<string>(path, (sftp, name, answer) => sftp[method](name, answer));
    if (typeof text !== 'string') throw malformed(path);
    return text;
  };

  const lstat: Files['lstat'] = (path) => askAttributes(path, 'lstat');
  const realPath: Files['realPath'] = async (path) => parsePath(await askName(path, 'realpath'));

  /**
   * OpenSSH answers several refusals with a bare "Failure": looks at what stands in the way, at `path`. Of two paths that
   * is the one at fault, also where the server has said itself that something is there.
   */
  const explained = async <T>(
    running: Promise<T>,
    path: VirtualPath,
    explain: (kind: EntryKind) => FileErrorCode | undefined,
  ): Promise<T> => {
    try {
      return await running;
    } catch (error) {
      if (isFileError(error, 'already-exists')) throw new FileError(error.code, { path, cause: error });
      if (!isUnexplained(error)) throw error;
      const { kind } = await lstat(path).catch(() => ({ kind: undefined }));
      const code = kind === undefined ? undefined : explain(kind);
      throw code === undefined ? error : new FileError(code, { path, cause: error });
    }
  };
  const inTheWay = (): FileErrorCode => 'already-exists';

  return {
    lstat,
    realPath,
    stat: (path) => askAttributes(path, 'stat'),
    list: (path) => openRemoteDirectory(session, path, { stat: () => askAttributes(path, 'stat'), lstat }),
    async open(path, options) {
      checkOpenOptions(options, path);
      const opening = explained(openHandle(session, path, options), path, (kind) =>
        kind === 'directory' ? 'is-a-directory' : options.exclusive === true ? 'already-exists' : undefined,
      );
      const handle = await opening;
      // The path as it was given, when the server does not tell where it leads.
      const found = await realPath(path).catch(() => path);
      return createRemoteFile(session, handle, found, options);
    },
    makeDirectory: async (path, { mode } = {}) => {
      const attributes = mode === undefined ? {} : { mode: mode & 0o777 };
      const making = ask(path, (sftp, name, answer) => sftp.mkdir(name, attributes, answer));
      await explained(making, path, inTheWay);
    },
    async remove(path) {
      const removing = ask(path, (sftp, name, answer) => sftp.unlink(name, answer));
      await explained(removing, path, (kind) => (kind === 'directory' ? 'is-a-directory' : undefined));
    },
    async removeDirectory(path) {
      const removing = ask(path, (sftp, name, answer) => sftp.rmdir(name, answer));
      await explained(removing, path, (kind) => (kind === 'directory' ? 'not-empty' : 'not-a-directory'));
    },
    async rename(from, to, { replace = false } = {}) {
      if (replace) {
        await askBoth(from, to, (sftp, names, answer) => sftp.ext_openssh_rename(...names, answer));
      } else {
        const renaming = askBoth(from, to, (sftp, names, answer) => sftp.rename(...names, answer));
        await explained(renaming, to, inTheWay);
      }
    },
    async copy(from, to, { replace = false } = {}) {
      const source = await openHandle(session, from, { read: true });
      await closingAfter(source, async () => {
        const { mode, sizeBytes } = await source.stat();
        const options = { write: true, create: true, exclusive: !replace, mode: mode & 0o777 };
        const target = await explained(openHandle(session, to, options), to, (kind) =>
          kind === 'directory' ? 'is-a-directory' : replace ? undefined : 'already-exists',
        );
        try {
          // Not emptied at open: both may be names of one file.
          await session.request(to, (sftp, answer) => sftp.ext_copy_data(source.id, 0, 0, target.id, 0, answer));
          await target.setAttributes({ sizeBytes });
        } catch (error) {
          // The first failure counts; what there is of it must not take the place of a file that is whole.
          await target.abandon().catch(() => {});
          throw error;
        }
        await target.close();
      });
    },
    async setAttributes(path, changes, { followLinks = true } = {}) {
      checkChanges(changes, path);
      const wire = attributesToWire(changes);
      await ask(path, (sftp, name, answer) =>
        followLinks ? sftp.setstat(name, wire, answer) : sftp.ext_openssh_lsetstat(name, wire, answer),
      );
    },
    readLink: (path) => askName(path, 'readlink'),
    async makeLink(path, target) {
      const making = askBoth(path, target, (sftp, [name, says], answer) => sftp.symlink(says, name, answer));
      await explained(making, path, inTheWay);
    },
    async makeHardLink(existing, path) {
      const making = askBoth(existing, path, (sftp, names, answer) => sftp.ext_openssh_hardlink(...names, answer));
      await explained(making, path, inTheWay);
    },
    async space(path) {
      const wire = await ask<WireSpace>(path, (sftp, name, answer) => sftp.ext_openssh_statvfs(name, answer));
      return spaceFromWire(wire, path);
    },
  };
}
