import { type ObservedSecret, type SecretWriter, Sensitive, type TargetRef } from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { expect, it } from 'vitest'
import { compile, type ResolveStore } from '../../plan/compile.ts'
import { eventOf } from '../../report/event.ts'
import { type ReconcileContext, targetOf } from './reconcile-context.ts'
import { reconcileTarget } from './reconcile-target.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, valueOf } from '../../testing/fixtures.ts'

/** A writer with a delayed watch: only a read from the API server returns the current Secret. */
class LateWriter extends MemoryWriter {
  seen: ObservedSecret | undefined

  override observe(target: TargetRef, options?: { readonly fresh?: boolean }): Promise<ObservedSecret | undefined> {
    return options?.fresh === true || this.seen === undefined ? super.observe(target) : Promise.resolve(this.seen)
  }
}

/** Syncs one resource; all its secrets have the text passed to the sync. */
function reconciler(spec: ExternalSecretSpec, writer: SecretWriter, rendering?: ReconcileContext['rendering']) {
  const connection = connectionOf(mapBackend(new Map()))
  const resolveStore: ResolveStore = () => ({ kind: 'ready', connection })
  const planned = compile(spec, 'default', resolveStore, { intervalMs: 1_000, disablePolling: false })
  return async (text: string): ReturnType<typeof reconcileTarget> => {
    const plan = await planned
    const value = valueOf(text, text)
    const { signal } = new AbortController()
    const resource = resourceOf(spec)
    return reconcileTarget({
      resource,
      spec,
      plan,
      readings: new Map(plan.reads.map(({ key }) => [key, { kind: 'value', value }])),
      generators: [],
      clocks: [{ now: () => 0 }],
      rendering,
      writer,
      digester,
      signal,
      before: await writer.observe(targetOf(resource, spec), { signal }),
      missing: false,
      restarts: false,
    })
  }
}

it('reads from the API server after a conflict, because the watch may lag', async () => {
  const writer = new LateWriter(digester)
  const sync = reconciler(specOf({ data: [{ key: 'app/db', name: 'password' }] }), writer)
  await sync('first')
  writer.seen = await writer.observe({ namespace: 'default', name: 'web' })
  writer.tamper('web', 'password')

  expect(await sync('second')).toMatchObject({ kind: 'synced', action: 'patch' })
  expect(writer.textsOf('web')).toEqual({ password: 'second' })
})

const document = { dataProcess: [{ extract: { key: 'app/doc' } }] }

it.each<[string, object]>([
  ['removed from it', document],
  ['omitted from a new one', { ...document, target: { immutable: true } }],
])('a key that left a document is %s, and the event names it', async (_how, spec) => {
  const writer = new MemoryWriter(digester)
  const sync = reconciler(specOf(spec), writer)
  await sync('{"user":"tom","old":"x","older":"y"}')
  const outcome = await sync('{"user":"tom"}')
  expect(writer.textsOf('web')).toEqual({ user: 'tom' })
  expect(eventOf(outcome, undefined)?.message).toMatch(/^Secret web \(keys removed: old, older\)/)
})

it('does not name a rendered key, because its name may contain a value', async () => {
  const writer = new MemoryWriter(digester)
  const items = [{ key: 'lines', templateAs: 'KeysAndValues' }]
  const template = { templateFrom: [{ configMap: { name: 'tpl', items } }] }
  const contents = new Map([['ConfigMap default/tpl', new Map([['lines', new Sensitive(Buffer.from('{{ .doc }}'))]])]])
  const spec = specOf({ data: [{ key: 'app/doc', name: 'doc' }], target: { template } })
  const sync = reconciler(spec, writer, { renderer: new TinyRenderer(), contents })
  await sync('user=tom\ns3cret=x')
  const outcome = await sync('user=tom')
  expect(writer.textsOf('web')).toEqual({ user: 'tom' })
  expect(eventOf(outcome, undefined)?.message).toMatch(/^Secret web: app\/doc version/)
})
