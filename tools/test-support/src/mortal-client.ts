import { SecretSyncError } from '@ack-secret-manager/core'

/** One request to an API server. */
export interface ApiCall {
  readonly method: string
  /** Absolute path, without the query. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
}

/** A client all of whose calls go through one method, such as `KubeClient`. */
export interface RequestingClient {
  request(call: ApiCall): Promise<unknown>
}

/** Point of a request at which the process dies. */
export type Death = 'before it is sent' | 'before its response arrives'

/** Makes a client die at its `step`-th request from now on; later requests get no response. @returns when it has died */
export function killAt(client: RequestingClient, step: number, death: Death): { readonly died: Promise<void> } {
  const request = client.request.bind(client)
  let count = 0
  const died = new Promise<void>((resolve) => {
    client.request = async (call) => {
      count += 1
      if (count < step) return request(call)
      try {
        if (count === step && death === 'before its response arrives') await request(call)
      } finally {
        resolve()
        // oxlint-disable-next-line no-unsafe-finally -- the caller never receives the response
        throw new SecretSyncError('Unavailable', 'the process is dead')
      }
    }
  })
  return { died }
}

/** Runs an action of another client right before the first matching request. */
export function actBefore(
  client: RequestingClient,
  isMeant: (call: ApiCall) => boolean,
  act: () => Promise<unknown>,
): void {
  const request = client.request.bind(client)
  let acted = false
  client.request = async (call) => {
    if (!acted && isMeant(call)) {
      acted = true
      await act()
    }
    return request(call)
  }
}
