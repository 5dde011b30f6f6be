import { withSignal } from '@ack-secret-manager/core'
import type { RefreshOptions } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { refreshCaches } from './refresh-caches.ts'

/** Like a list that hangs. */
const hanging = { refresh: ({ signal }: RefreshOptions) => withSignal(new Promise(() => undefined), signal) }
const quick = { refresh: async () => undefined }

it.each([
  ['nothing if all lists finish', { stores: quick, namespaces: undefined }, false, []],
  ['which lists have not finished', { stores: quick, ExternalSecrets: hanging }, false, [['ExternalSecrets']]],
  ['nothing if the process stops', { ExternalSecrets: hanging }, true, []],
])('continues after the deadline, and says %s', async (_what, caches, isStopped, said) => {
  const lines: unknown[] = []
  const log = { warn: ({ lists }: { readonly lists: unknown }) => lines.push(lists) }
  const stop = new AbortController()
  if (isStopped) stop.abort()
  await refreshCaches(caches, log, stop.signal, 10)
  expect(lines).toEqual(said)
})
