import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { ReplaceAction, TargetRef } from '@ack-secret-manager/core'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { killAt } from '@ack-secret-manager/test-support/mortal-client'
import { createOf, patchOf, recordFor, releaseOf, there } from '@ack-secret-manager/testkit'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { replacementOf } from '../replacement/replacement.ts'
import { STEPS } from '../testing/replacements.ts'
import { WriterBench } from '../testing/writer-bench.ts'

const { signal } = new AbortController()
const WAIT = { timeout: 40_000, interval: 20 }
/** The request of a replacement that deletes the old Secret. */
const DELETED = STEPS.lastIndexOf('create secrets 201')
const MANY = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`KEY_NUMBER_${at}`, `value ${at}`]))

describeCluster('Secrets beyond the metadata budget', () => {
  const cluster = useCluster()
  const ref = (name: string): TargetRef => ({ namespace: cluster.namespace, name })
  let bench: WriterBench
  const calls: string[] = []

  beforeEach(async () => {
    calls.length = 0
    bench = await WriterBench.open(cluster, {
      metadataBudgetBytes: 0,
      onBudgetExceeded: () => void calls.push('exceeded'),
      onBudgetRecovered: () => void calls.push('recovered'),
    })
  })
  afterEach(async () => {
    await bench[Symbol.asyncDispose]()
    await cluster.request('DELETE', `/api/v1/namespaces/${cluster.namespace}/secrets`)
  })

  const written = async (name: string, content: Record<string, string> = MANY) => {
    const [target, owner] = [ref(name), await bench.owner(name)]
    const observed = there(await bench.writer.apply(createOf(bench, target, owner, content), { signal }))
    await bench.untilWatched()
    return { target, owner, observed }
  }
  const requests = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const from = bench.requests.length
    await work()
    return bench.requests.slice(from).map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)
  }

  it('reads such a Secret when it is observed, and writes it without a further read', async () => {
    const { target, owner, observed } = await written('large')
    const small = await written('small', { a: '1' })
    expect([calls, bench.writer.uncached]).toEqual([['exceeded'], 1])
    expect(await requests(() => bench.writer.observe(small.target, { signal }))).toEqual([])
    expect(await bench.writer.observe(target, { signal })).toEqual(observed)
    const record = recordFor(bench.digester, target, { ...MANY, KEY_NUMBER_7: 'new' })
    const set = { KEY_NUMBER_7: 'new' }
    const content = { ...MANY, ...set, KEY_NUMBER_8: 'next' }
    const work = async (): Promise<void> => {
      const seen = there(await bench.writer.observe(target, { signal }))
      const patched = there(await bench.writer.apply(patchOf(seen, owner, record, { set }), { signal }))
      const next = recordFor(bench.digester, target, content)
      await bench.writer.apply(patchOf(patched, owner, next, { set: { KEY_NUMBER_8: 'next' } }), { signal })
    }
    expect(await requests(work)).toEqual(['get secrets 200', 'patch secrets 200', 'patch secrets 200'])
    expect(await bench.read(target)).toEqual(content)
    expect(bench.writer.ownedBy(cluster.namespace, 'large')).toEqual([])
    expect([...bench.writer.owned()].map(({ target: { name } }) => name)).toEqual(['small'])
    expect(bench.changes).toEqual([])
  })

  it('reports edits and the deletion of such a Secret to its owner, and no other change', async () => {
    const { target, owner } = await written('edited')
    const from = bench.requests.length
    const edit = async (): Promise<void> => {
      await bench.patch(target, { metadata: { annotations: { theirs: 'x' } } })
      await vi.waitFor(() => expect(bench.requests.slice(from).map(({ verb }) => verb)).toContain('get'), WAIT)
    }
    expect(await requests(edit)).toEqual(['get secrets 200'])
    expect(bench.changes).toEqual([])
    await bench.edit(target, 'KEY_NUMBER_3', 'by hand')
    expect(await bench.change(target)).toEqual({ target, kind: 'changed', ownerNames: ['edited'] })
    expect(await bench.writer.observe(target, { signal })).toMatchObject({ drifted: ['KEY_NUMBER_3'] })
    const reported = bench.changes.length
    await bench.delete(target)
    expect(await bench.change(target, reported)).toEqual({ target, kind: 'deleted', ownerNames: ['edited'] })
    expect(await bench.writer.observe(target, { signal })).toBeUndefined()
    await bench.writer.apply(createOf(bench, target, owner, MANY), { signal })
    expect(await bench.read(target)).toEqual(MANY)
  })

  it('refuses a write with which admission changes a key of such a Secret that was not sent', async () => {
    const { target, owner, observed } = await written('mutated')
    const set = { KEY_NUMBER_7: 'new' }
    const record = recordFor(bench.digester, target, { ...MANY, ...set })
    const request = bench.client.request.bind(bench.client)
    // As mutating admission does, the same write changes another key.
    const mutating: typeof request = (call) => {
      const { data, ...body } = call.body as { readonly data: object }
      return request({ ...call, body: { ...body, data: { ...data, KEY_NUMBER_8: btoa('theirs') } } })
    }
    bench.client.request = mutating
    const first = await failureOf(bench.writer.apply(patchOf(observed, owner, record, { set }), { signal }))
    bench.client.request = request
    // A client with our field manager may have changed it before: the next write sends the key.
    expect(first).toMatchObject({ code: 'Conflict' })
    const drifted = there(await bench.writer.observe(target, { signal }))
    expect(drifted).toMatchObject({ drifted: ['KEY_NUMBER_8'] })
    bench.client.request = mutating
    const both = { ...set, KEY_NUMBER_8: MANY['KEY_NUMBER_8'] ?? '' }
    const error = await failureOf(bench.writer.apply(patchOf(drifted, owner, record, { set: both }), { signal }))
    bench.client.request = request
    expect(error).toMatchObject({ code: 'WriteDenied' })
    expect(error.message).toContain('changed key KEY_NUMBER_8')
  })

  it('deletes and releases such a Secret without reporting it', async () => {
    const [deleted, released] = [await written('deleted'), await written('released')]
    await bench.writer.apply(releaseOf(deleted.observed, 'deleted', 'delete'), { signal })
    await bench.writer.apply(releaseOf(released.observed, 'released', 'forget'), { signal })
    await vi.waitFor(() => expect(calls).toEqual(['exceeded', 'recovered']), WAIT)
    expect([bench.changes, bench.writer.uncached]).toEqual([[], 0])
    expect(await bench.object(deleted.target)).toBeUndefined()
    expect(await bench.read(released.target)).toEqual(MANY)
  })

  it('finishes a replacement that is such a Secret after the process has died', async () => {
    const { target, owner } = await written('replaced')
    const observed = there(await bench.writer.observe(target, { signal }))
    const record = recordFor(bench.digester, target, MANY, { versionId: 'v2' })
    const patch = patchOf(observed, owner, record, { set: MANY })
    const action: ReplaceAction = { ...patch, kind: 'replace', type: 'example.com/new', carry: [] }
    await using mortal = await WriterBench.open(cluster, { watch: false, digester: bench.digester })
    killAt(mortal.client, DELETED, 'before its response arrives')
    await failureOf(mortal.writer.apply(action, { signal }))
    expect(await bench.object(target)).toBeUndefined()
    await vi.waitFor(() => expect(bench.writer.uncached).toBe(1), WAIT)
    expect([...bench.writer.unfinished()]).toEqual([{ target, ownerName: 'replaced', deletion: 'delete' }])
    await bench.writer.apply({ kind: 'finish', target, ownerName: 'replaced' }, { signal })
    expect(await bench.read(target)).toEqual(MANY)
    expect([await bench.object(replacementOf(target)), [...bench.writer.unfinished()]]).toEqual([undefined, []])
  })
})
