import type { ObservedSecret, TargetRef } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { compile, type ResolveStore } from './compile.ts'
import { syncResource } from './sync-resource.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'
import { MemoryWriter } from './testing/memory-writer.ts'

/** A writer whose watch is behind: only who asks the API server itself learns what is there. */
class LateWriter extends MemoryWriter {
  seen: ObservedSecret | undefined

  override observe(target: TargetRef, options?: { readonly fresh?: boolean }): Promise<ObservedSecret | undefined> {
    return options?.fresh === true || this.seen === undefined ? super.observe(target) : Promise.resolve(this.seen)
  }
}

it('asks the API server itself after a conflict, because the watch may be behind', async () => {
  const writer = new LateWriter(digester)
  const spec = specOf({ data: [{ key: 'app/db', name: 'password' }] })
  const connection = connectionOf(mapBackend(new Map()))
  const resolveStore: ResolveStore = () => ({ kind: 'ready', connection })
  const plan = compile(spec, 'default', resolveStore, { intervalMs: 1_000, disablePolling: false })
  const sync = (text: string): ReturnType<typeof syncResource> => {
    const value = valueOf(text, text)
    return syncResource({
      resource: resourceOf(spec),
      spec,
      plan,
      readings: new Map(plan.reads.map(({ key }) => [key, { kind: 'value', value }])),
      rendering: undefined,
      writer,
      digester,
      signal: new AbortController().signal,
      missing: false,
      refused: false,
      restarts: false,
    })
  }
  await sync('first')
  writer.seen = await writer.observe({ namespace: 'default', name: 'web' })
  writer.tamper('web', 'password')

  expect(await sync('second')).toMatchObject({ kind: 'synced', action: 'patch' })
  expect(writer.textsOf('web')).toEqual({ password: 'second' })
})
