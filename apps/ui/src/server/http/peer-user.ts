import { readFile } from 'node:fs/promises'

const HOST = '127.0.0.1'
/** Columns of a line of `/proc/net/tcp`. */
const LOCAL = 1
const REMOTE = 2
const STATE = 3
const UID = 7
const INODE = 9
const ESTABLISHED = '01'
/** The kernel prints this inode, and the user 0, for a socket that no process holds. */
const NO_INODE = '0'

/** A connection to the server, as its socket has it. */
export interface Peer {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/** What is known of the user at the other end: `any` where the system does not tell; `unknown` where it should. */
export type PeerUser = number | 'any' | 'unknown'

/** The user at the other end of a connection to a port of 127.0.0.1, from the tables of the kernel. */
export async function peerUser({ remoteAddress, remotePort }: Peer, port: number): Promise<PeerUser> {
  // A program of this machine may connect from any address of it.
  if (remoteAddress !== HOST || remotePort === undefined) return 'unknown'
  if (process.platform !== 'linux') return 'any'
  const connection = { peerPort: remotePort, port }
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  )
  return userIn(tables.join('\n'), connection) ?? 'unknown'
}

/**
 * The owner of the socket from one port to another, both of 127.0.0.1, in an IPv4 or an IPv6 table. Undefined unless a process holds it
 * and it is open: the kernel forgets the owner of a socket that is closed. Pure.
 */
export function userIn(
  table: string,
  { peerPort, port }: { readonly peerPort: number; readonly port: number },
): number | undefined {
  const [local, remote] = [endpoint(peerPort), endpoint(port)]
  for (const line of table.split('\n')) {
    if (!line.includes(local)) continue
    const columns = line.trim().split(/\s+/)
    if (withoutPrefix(columns[LOCAL]) !== local || withoutPrefix(columns[REMOTE]) !== remote) continue
    const [state, user, inode] = [columns[STATE], columns[UID] ?? '', columns[INODE] ?? NO_INODE]
    if (state === ESTABLISHED && inode !== NO_INODE && /^\d+$/.test(user)) return Number(user)
  }
  return undefined
}

/** Whether a user may connect: the one of this process, and root, who can do anything anyway and runs relays such as that of WSL. Pure. */
export function isAllowedPeer(user: PeerUser, own: number | undefined): boolean {
  return user === 'any' || (user !== 'unknown' && (user === own || user === 0))
}

/** The kernel prints an address in words of the byte order of the machine, which is little-endian on all that Node supports but s390x. */
function endpoint(port: number): string {
  return `${words(127, 0, 0, 1)}:${hex(port, 4)}`
}

/** An IPv4 address in an IPv6 socket is `::ffff:127.0.0.1`. */
function withoutPrefix(address: string | undefined): string | undefined {
  return address?.replace(`${hex(0, 16)}${words(0, 0, 0xff, 0xff)}`, '')
}

function words(...bytes: readonly number[]): string {
  return hex(new Uint32Array(new Uint8Array(bytes).buffer)[0] ?? 0, 8)
}

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, '0')
}
