// `DIRECTION HOST PORT USER KEY LOCAL REMOTE`: fastGet or fastPut of ssh2-sftp-client as a program, with its defaults.

import { readFile } from 'node:fs/promises';
import SftpClient from 'ssh2-sftp-client';

const [direction, host = '', port, username = '', key = '', local = '', remote = ''] = process.argv.slice(2);

const client = new SftpClient();
await client.connect({ host, port: Number(port), username, privateKey: await readFile(key) });
if (direction === 'get') await client.fastGet(remote, local);
else await client.fastPut(local, remote);
await client.end();
