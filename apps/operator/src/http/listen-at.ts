import type { BindAddress } from '@ack-secret-manager/command-line'
import { errorKind, SecretSyncError } from '@ack-secret-manager/core'

/** Something that listens, such as an `HttpListener`. @returns the port */
export interface Listening {
  listen(address: BindAddress): Promise<number>
}

/**
 * Listens at the address of a flag.
 * @returns the port
 * @throws SecretSyncError `Unavailable` if the address cannot be used, with the flag
 */
export async function listenAt(flag: string, address: BindAddress, server: Listening): Promise<number> {
  try {
    return await server.listen(address)
  } catch (error) {
    const { host, port } = address
    const code = error instanceof Error && 'code' in error ? String(error.code) : errorKind(error)
    const message = `--${flag}: cannot listen on ${host}:${port} (${code}); free the address, or choose another one`
    throw new SecretSyncError('Unavailable', message, { cause: error })
  }
}
