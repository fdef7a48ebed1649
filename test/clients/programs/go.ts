// Programs of this folder in Go, compiled against the libraries that Debian packs as sources.

import { mkdir } from 'node:fs/promises';
import { inRepository } from '../../helpers/folder.ts';
import { runProgram } from '../../helpers/program.ts';
import type { Lifetime } from '../driver.ts';
import { type LineProgramStart, programSource } from './line-program.ts';

/** Where Debian lays the sources of Go libraries. */
const LIBRARIES = '/usr/share/gocode';

export const PKG_SFTP_PACKAGES: Readonly<Record<string, string>> = {
  go: 'golang-go',
  [`${LIBRARIES}/src/github.com/pkg/sftp/client.go`]: 'golang-github-pkg-sftp-dev',
  [`${LIBRARIES}/src/golang.org/x/crypto/ssh/client.go`]: 'golang-golang-x-crypto-dev',
};

/** What `go` needs to find Debian's libraries, and nothing from elsewhere. */
export const GO_ENVIRONMENT: Readonly<Record<string, string>> = {
  GO111MODULE: 'off',
  GOPATH: LIBRARIES,
  GOPROXY: 'off',
  GOCACHE: inRepository('build/programs/go-cache'),
};

/** Compiles `name` and tells how to start it. */
export async function goProgram(t: Lifetime, name: string): Promise<LineProgramStart> {
  const program = inRepository(`build/programs/${name.replace(/\.go$/, '')}`);
  await mkdir(inRepository('build/programs'), { recursive: true });
  const { status, stderr } = await runProgram(t, 'go', ['build', '-o', program, programSource(name)], {
    environment: GO_ENVIRONMENT,
  });
  if (status !== 0) throw new Error(`go build: ${stderr}`);
  return { program, words: [] };
}
