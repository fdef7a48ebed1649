// The published client: `import { connect } from 'sshome/client'`.

export type { AttributeChanges, Attributes, Entry, EntryKind, Space } from '../model/entry.ts';
export { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
export type { Directory, Files, OpenFile, OpenOptions } from '../model/files.ts';
export { parsePath, type VirtualPath } from '../model/path.ts';
export type { AnswerSource, IdentitySource, PasswordSource } from './authentication.ts';
export type { Client } from './client.ts';
export { connect } from './connect.ts';
export type { ConnectionOptions } from './connection.ts';
export { ConnectionError, type ConnectionErrorCode, isConnectionError } from './connection-error.ts';
export type { HostKey } from './host-key.ts';
export type { KnownHostsPolicy, UnknownHost, UnknownHostPolicy, VerifyHost } from './host-verification.ts';
export type { KnownKey } from './known-hosts.ts';
export type { TransferFailure, TransferOptions, TransferProgress, TransferResult } from './transfer.ts';
