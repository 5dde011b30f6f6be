import { readFile } from 'node:fs/promises'

/** Columns of a line of `/proc/net/tcp`. */
const LOCAL = 1
const REMOTE = 2
const UID = 7

/**
 * The user at the other end of a loopback connection, from the table of the kernel: Linux only.
 * @returns undefined if it is not known
 */
export async function peerUser({
  peerPort,
  port,
}: {
  readonly peerPort: number
  readonly port: number
}): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => '')
  return userIn(table, { peerPort, port })
}

/** The owner of the socket from one port to another, both of 127.0.0.1. Pure. */
export function userIn(
  table: string,
  { peerPort, port }: { readonly peerPort: number; readonly port: number },
): number | undefined {
  const local = loopback(peerPort)
  const remote = loopback(port)
  for (const line of table.split('\n')) {
    if (!line.includes(local)) continue
    const columns = line.trim().split(/\s+/)
    if (columns[LOCAL] === local && columns[REMOTE] === remote) return Number(columns[UID])
  }
  return undefined
}

/** Whether a user may connect: the one of this process, and root, who can do anything anyway and runs relays such as that of WSL. Pure. */
export function isAllowedPeer(user: number | undefined, own: number | undefined): boolean {
  return user === undefined || own === undefined || user === own || user === 0
}

/** The kernel prints the address in the byte order of the machine, which is little-endian on all that Node supports but s390x. */
function loopback(port: number): string {
  const address = new Uint32Array(new Uint8Array([127, 0, 0, 1]).buffer)[0] ?? 0
  return `${hex(address, 8)}:${hex(port, 4)}`
}

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, '0')
}
